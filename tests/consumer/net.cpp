// The same of the library goro::net.
#include <cstdio>
#include <string>

#include <goro/net.hpp>
#include <goro/wait_group.hpp>

int main() {
  const goro::net::listener l = goro::net::listen("tcp", "127.0.0.1:0");
  goro::wait_group server;
  server.go([l] { l.accept().write("hello\n"); });
  char buffer[16];
  const std::size_t n = goro::net::dial("tcp", l.local().to_string()).read(buffer);
  server.wait();
  std::fwrite(buffer, 1, n, stdout);
  return n == 6 ? 0 : 1;
}
