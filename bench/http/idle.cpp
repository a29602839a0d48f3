// usage: bench_http_idle PORT COUNT PID     Opens COUNT connections, sends a request on each and reads its answer, and prints how much the resident
// memory of process PID has grown for each.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <goro/goro.hpp>
#include <goro/net.hpp>

namespace {

long resident_bytes(const std::string& pid) {
  std::ifstream status("/proc/" + pid + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) {
      return std::atol(line.c_str() + 6) * 1024;
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s PORT COUNT PID\n", argv[0]);
    return 2;
  }
  const int count = std::atoi(argv[2]);
  const long before = resident_bytes(argv[3]);
  std::vector<goro::net::conn> conns;
  for (int i = 0; i < count; ++i) {
    conns.push_back(goro::net::dial("tcp", "127.0.0.1:" + std::string(argv[1])));
    conns.back().write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    std::string answer;
    char piece[512];
    while (!answer.ends_with("hello\n")) {
      const std::size_t n = conns.back().read(std::span<char>(piece));
      if (n == 0) {
        std::fprintf(stderr, "connection %d was closed\n", i);
        return 1;
      }
      answer.append(piece, n);
    }
  }
  goro::sleep(std::chrono::milliseconds(500));
  const long after = resident_bytes(argv[3]);
  std::printf("%d idle connections: %.1f KB each\n", count, static_cast<double>(after - before) / 1024 / count);
  // All of them still answer.
  for (goro::net::conn& c : conns) {
    c.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  }
  int answered = 0;
  for (goro::net::conn& c : conns) {
    char piece[512];
    answered += c.read(std::span<char>(piece)) > 0 ? 1 : 0;
  }
  std::printf("%d of them answer afterwards\n", answered);
  return answered == count ? 0 : 1;
}
