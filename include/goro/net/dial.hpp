// Connecting.
#pragma once

#include <chrono>
#include <string_view>
#include <system_error>

#include "goro/context.hpp"
#include "goro/net/conn.hpp"

namespace goro::net {

struct dial_options {
  std::chrono::nanoseconds timeout{0};  // for all of it, look-up included; 0: none but the context's and the system's
  // How long an address of the family tried first has for itself before one of the other is tried beside it; negative:
  // never beside.
  std::chrono::nanoseconds fallback_delay = std::chrono::milliseconds(300);
  std::chrono::nanoseconds keep_alive = std::chrono::seconds(15);  // between probes; negative: no probes
  endpoint local{};                                                // to connect from; none: the system chooses
};

// Connects to an address of "tcp", "tcp4", "tcp6", "udp", "udp4", "udp6", "unix" or "unixgram": "example.org:80",
// "[::1]:http", ":8080" (this machine), a path. A name's addresses are tried one after the other, and those of IPv4 and
// IPv6 side by side if the first do not answer soon (RFC 8305); the first connection counts. Blocks until then, or
// until ctx ends: then it fails with the context's error. Once connected, the end of ctx does nothing to the
// connection. Throws std::system_error, whose text names the address. Go: net.Dial, Dialer.DialContext.
conn dial(std::string_view network, std::string_view address);
conn dial(std::string_view network, std::string_view address, std::error_code& error);
conn dial(const context& ctx, std::string_view network, std::string_view address, const dial_options& options = {});
conn dial(const context& ctx, std::string_view network, std::string_view address, std::error_code& error);
conn dial(const context& ctx, std::string_view network, std::string_view address, const dial_options& options,
          std::error_code& error);

}  // namespace goro::net
