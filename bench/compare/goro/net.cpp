// Round trips of 64 bytes over the loopback, r.size connections at a time, both ends in this process.
#include <sys/resource.h>

#include <span>
#include <vector>

#include <goro/goro.hpp>
#include <goro/net.hpp>

#include "workloads.hpp"

namespace compare {

namespace {

namespace net = goro::net;

void echo(const net::conn& c) {
  std::byte buffer[64];
  std::error_code error;
  for (std::size_t n = c.read(buffer, error); n != 0; n = c.read(buffer, error)) {
    c.write(std::span<const std::byte>(buffer, n), error);
  }
}

void turns(const net::conn& c, std::int64_t rounds) {
  std::byte buffer[64] = {};
  for (std::int64_t i = 0; i < rounds; ++i) {
    c.write(std::span<const std::byte>(buffer));
    c.read_full(buffer);
  }
}

void allow_descriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

figures tcp_echo(const request& r) {
  allow_descriptors();
  const net::listener listener = net::listen("tcp", "127.0.0.1:0");
  goro::go([listener] {
    std::error_code error;
    for (net::conn c = listener.accept(error); !error; c = listener.accept(error)) {
      goro::go([c] { echo(c); });
    }
  });
  const double before = resident_bytes();
  std::vector<net::conn> clients;
  for (std::int64_t i = 0; i < r.size; ++i) {
    clients.push_back(net::dial("tcp", listener.local().to_string()));
    turns(clients.back(), 1);
  }
  const double idle = (resident_bytes() - before) / static_cast<double>(r.size);
  figures f = measure(r, r.size, [&](std::int64_t rounds) {
    goro::wait_group done;
    for (const net::conn& c : clients) {
      done.go([&c, rounds] { turns(c, rounds); });
    }
    done.wait();
  });
  f.more.emplace_back("bytes_each", idle);
  for (const net::conn& c : clients) {
    c.set_linger(0);
    c.close();
  }
  listener.close();
  return f;
}

}  // namespace compare
