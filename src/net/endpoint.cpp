#include "goro/net/endpoint.hpp"

#include <cstring>
#include <utility>

#include "net/address.hpp"
#include "net/socket.hpp"

namespace goro::net {

endpoint endpoint::of_ip4(kind k, const std::array<std::uint8_t, 4>& bytes, std::uint16_t port) noexcept {
  endpoint e;
  e.kind_ = k;
  e.family_ = address_family::ip4;
  e.port_ = port;
  std::memcpy(e.bytes_.data(), bytes.data(), bytes.size());
  return e;
}

endpoint endpoint::of_ip6(kind k, const std::array<std::uint8_t, 16>& bytes, std::uint16_t port,
                          std::uint32_t scope) noexcept {
  endpoint e;
  e.kind_ = k;
  e.family_ = address_family::ip6;
  e.port_ = port;
  e.scope_ = scope;
  e.bytes_ = bytes;
  return e;
}

endpoint endpoint::of_path(kind k, std::string path) noexcept {
  endpoint e;
  e.kind_ = k;
  e.family_ = address_family::path;
  e.path_ = std::move(path);
  return e;
}

std::string_view endpoint::network() const noexcept {
  switch (kind_) {
    case kind::tcp:
      return "tcp";
    case kind::udp:
      return "udp";
    case kind::unix_stream:
      return "unix";
    case kind::unix_datagram:
      return "unixgram";
    case kind::none:
      break;
  }
  return {};
}

std::string endpoint::host() const {
  switch (family_) {
    case address_family::ip4:
      return detail::format_ip4(bytes_.data());
    case address_family::ip6: {
      std::string text = detail::format_ip6(bytes_.data());
      if (scope_ != 0) {
        const std::string name = platform::interface_name(scope_);
        text += '%' + (name.empty() ? std::to_string(scope_) : name);
      }
      return text;
    }
    case address_family::path:
      return path_;
    case address_family::none:
      break;
  }
  return {};
}

std::string endpoint::to_string() const {
  switch (family_) {
    case address_family::ip4:
      return host() + ':' + std::to_string(port_);
    case address_family::ip6:
      return '[' + host() + "]:" + std::to_string(port_);
    case address_family::path:
    case address_family::none:
      break;
  }
  return path_;
}

namespace detail {

endpoint from_platform(const platform::socket_address& a, endpoint::kind kind) {
  switch (a.family) {
    case platform::socket_family::ip4: {
      std::array<std::uint8_t, 4> bytes;
      std::memcpy(bytes.data(), a.bytes, bytes.size());
      return endpoint::of_ip4(kind, bytes, a.port);
    }
    case platform::socket_family::ip6: {
      std::array<std::uint8_t, 16> bytes;
      std::memcpy(bytes.data(), a.bytes, bytes.size());
      return endpoint::of_ip6(kind, bytes, a.port, a.scope);
    }
    case platform::socket_family::unix_path: {
      std::string path(a.path);
      if (!path.empty() && path.front() == '\0') {
        path.front() = '@';
      }
      return endpoint::of_path(kind, std::move(path));
    }
    case platform::socket_family::none:
      break;
  }
  return endpoint().with_kind(kind);
}

platform::socket_address to_platform(const endpoint& e) noexcept {
  platform::socket_address a;
  a.port = e.port();
  switch (e.family()) {
    case endpoint::address_family::ip4:
      a.family = platform::socket_family::ip4;
      std::memcpy(a.bytes, e.bytes().data(), 4);
      break;
    case endpoint::address_family::ip6:
      a.family = platform::socket_family::ip6;
      a.scope = e.scope();
      std::memcpy(a.bytes, e.bytes().data(), 16);
      break;
    case endpoint::address_family::path:
      a.family = platform::socket_family::unix_path;
      a.path = e.path();
      break;
    case endpoint::address_family::none:
      break;
  }
  return a;
}

}  // namespace detail
}  // namespace goro::net
