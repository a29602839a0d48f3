// Where a connection or a socket is: an address of IP with its port, or the path of a Unix socket.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace goro::net {

// A value. A default-constructed one is of no network and prints as nothing.
// Go: net.Addr, net.TCPAddr, net.UDPAddr, net.UnixAddr in one.
class endpoint {
 public:
  enum class kind : std::uint8_t { none, tcp, udp, unix_stream, unix_datagram };
  enum class address_family : std::uint8_t { none, ip4, ip6, path };

  endpoint() noexcept = default;

  // "tcp", "udp", "unix", "unixgram", or nothing. Go: Addr.Network.
  std::string_view network() const noexcept;
  // The address without its port: "127.0.0.1", "::1", "fe80::1%eth0", a path.
  std::string host() const;
  // 0 where there is none.
  std::uint16_t port() const noexcept { return port_; }
  // What dial() and listen() understand: "127.0.0.1:80", "[::1]:80", "/run/my.socket", "@abstract". Go: Addr.String.
  std::string to_string() const;

  bool is_ip4() const noexcept { return family_ == address_family::ip4; }
  bool is_ip6() const noexcept { return family_ == address_family::ip6; }
  explicit operator bool() const noexcept { return family_ != address_family::none; }

  kind what() const noexcept { return kind_; }
  address_family family() const noexcept { return family_; }
  // The address in network order: the first four bytes of ip4, all of ip6.
  const std::array<std::uint8_t, 16>& bytes() const noexcept { return bytes_; }
  std::uint32_t scope() const noexcept { return scope_; }  // of ip6: the interface's number, or 0
  const std::string& path() const noexcept { return path_; }

  static endpoint of_ip4(kind k, const std::array<std::uint8_t, 4>& bytes, std::uint16_t port) noexcept;
  static endpoint of_ip6(kind k, const std::array<std::uint8_t, 16>& bytes, std::uint16_t port,
                         std::uint32_t scope = 0) noexcept;
  // A leading '@' stands for the zero byte of Linux's abstract names.
  static endpoint of_path(kind k, std::string path) noexcept;

  endpoint with_port(std::uint16_t port) const {
    endpoint other = *this;
    other.port_ = port;
    return other;
  }
  endpoint with_kind(kind k) const {
    endpoint other = *this;
    other.kind_ = k;
    return other;
  }

  friend bool operator==(const endpoint&, const endpoint&) = default;
  friend auto operator<=>(const endpoint&, const endpoint&) = default;

 private:
  kind kind_ = kind::none;
  address_family family_ = address_family::none;
  std::uint16_t port_ = 0;
  std::uint32_t scope_ = 0;
  std::array<std::uint8_t, 16> bytes_{};
  std::string path_;
};

}  // namespace goro::net
