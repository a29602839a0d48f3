// "hello" over HTTP, for wrk and its like (bench/http/run). Prints `address HOST:PORT`; ends in peace with SIGTERM.
#include <cstdio>
#include <cstring>

#include <goro/goro.hpp>
#include <goro/http.hpp>

namespace http = goro::http;

int main(int argc, char** argv) {
  const bool limits = argc > 1 && std::strcmp(argv[1], "--limits") == 0;
  http::server_options options{.addr = "127.0.0.1:0"};
  if (limits) {  // for slow clients
    options.read_header_timeout = std::chrono::seconds(5);
    options.read_timeout = std::chrono::seconds(10);
    options.write_timeout = std::chrono::seconds(10);
  }
  http::server server(options);
  server.handle("/", [](http::response_writer& w, http::request&) { w.write("hello\n"); });
  server.handle("/ctx",
                [](http::response_writer& w, http::request& r) { w.write(r.ctx().err() ? "left\n" : "hello\n"); });
  server.handle("POST /echo", [](http::response_writer& w, http::request& r) { w.write(r.body().read_all()); });
  server.handle("/large", [](http::response_writer& w, http::request&) {
    static const std::string piece(16384, 'x');
    for (int i = 0; i < 64; ++i) {
      w.write(piece);
    }
  });
  goro::wait_group serving;
  serving.go([&] {
    if (const auto error = server.listen_and_serve(); error != goro::errc::server_closed) {
      std::fprintf(stderr, "%s\n", error.message().c_str());
    }
  });
  const auto signals = goro::make_chan<int>(1);
  goro::signal::notify(signals, {SIGTERM, SIGINT});
  std::printf("address %s\n", server.address().to_string().c_str());
  std::fflush(stdout);
  signals.recv();
  const auto limit = goro::with_timeout(goro::background(), std::chrono::seconds(10));
  const auto error = server.shutdown(limit.ctx);
  serving.wait();
  return error ? 1 : 0;
}
