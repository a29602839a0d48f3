// What the tests of net share: sockets of this machine, on ports that the system chooses.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "goro/chan.hpp"
#include "goro/net.hpp"
#include "support.hpp"

namespace net_support {

using namespace support;
namespace net = goro::net;

inline net::listener local_listener(std::string_view network = "tcp") { return net::listen(network, "127.0.0.1:0"); }

// Two ends of one TCP connection.
struct pair {
  net::conn a;
  net::conn b;
};
inline pair connected_pair() {
  const net::listener l = local_listener();
  net::conn a = net::dial("tcp", l.local().to_string());
  net::conn b = l.accept();
  return {std::move(a), std::move(b)};
}

inline std::string read_text(const net::conn& c, std::size_t most = 4096) {
  std::string text(most, '\0');
  text.resize(c.read(std::span<char>(text)));
  return text;
}

// Everything up to the end.
inline std::string read_all(const net::conn& c) {
  std::string all;
  for (;;) {
    const std::string part = read_text(c, std::size_t{64} << 10);
    if (part.empty()) {
      return all;
    }
    all += part;
  }
}

inline goro::time_point soon(std::chrono::nanoseconds d) { return std::chrono::steady_clock::now() + d; }

// A time that is over.
inline goro::time_point past() { return std::chrono::steady_clock::now() - std::chrono::hours(1); }

// The error of a call that takes a trailing std::error_code.
template <class F>
std::error_code error_of(F f) {
  std::error_code error;
  f(error);
  return error;
}

}  // namespace net_support
