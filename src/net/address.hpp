// Addresses as text, both ways. No name is looked up here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "goro/net/endpoint.hpp"

namespace goro::net::detail {

// "tcp4" and the like.
struct network_name {
  endpoint::kind kind = endpoint::kind::none;
  endpoint::address_family only = endpoint::address_family::none;  // none: ip4 and ip6
  bool is_ip() const noexcept { return only != endpoint::address_family::path; }
};
std::optional<network_name> parse_network(std::string_view name) noexcept;

// "host:port" in its parts: an address of IPv6 stands in brackets, both parts may be empty. Empty: not of this form.
struct host_and_port {
  std::string_view host;
  std::string_view port;
};
std::optional<host_and_port> split_host_port(std::string_view address) noexcept;

// An address in numbers, "127.0.0.1", "fe80::1%eth0" (and ::ffff:127.0.0.1 as IPv4).
std::optional<endpoint> parse_ip(std::string_view text, endpoint::kind kind);

// A port by number or by the name of a service; -1: unknown. An empty one is 0. May read files of the system.
int parse_port(std::string_view text, endpoint::kind kind);

std::string format_ip4(const std::uint8_t* bytes);
// As RFC 5952 has it.
std::string format_ip6(const std::uint8_t* bytes);

}  // namespace goro::net::detail
