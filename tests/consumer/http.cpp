// The same of the library goro::http.
#include <cstdio>

#include <goro/goro.hpp>
#include <goro/http.hpp>

int main() {
  goro::http::server server({.addr = "127.0.0.1:0"});
  server.handle("/", [](goro::http::response_writer& w, goro::http::request&) { w.write("hello"); });
  goro::wait_group serving;
  serving.go([&] { server.listen_and_serve(); });
  const std::string text = goro::http::get("http://" + server.address().to_string()).text();
  server.shutdown(goro::background());
  serving.wait();
  std::puts(text.c_str());
  return text == "hello" ? 0 : 1;
}
