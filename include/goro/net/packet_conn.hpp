// Datagrams from and to many peers.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <system_error>

#include "goro/net/conn.hpp"

namespace goro::net {

// A shared handle, see socket_handle; a socket with one peer is a conn, made by dial("udp", …). Go: net.PacketConn.
class packet_conn : public socket_handle {
 public:
  packet_conn() noexcept = default;

  // Waits for a datagram and returns its size; what does not fit is lost. A datagram may be empty.
  std::size_t read_from(std::span<std::byte> to, endpoint& from) const;
  std::size_t read_from(std::span<std::byte> to, endpoint& from, std::error_code& error) const noexcept;

  // Sends one datagram.
  void write_to(std::span<const std::byte> from, const endpoint& to) const;
  void write_to(std::span<const std::byte> from, const endpoint& to, std::error_code& error) const noexcept;
  void write_to(std::string_view from, const endpoint& to) const { write_to(std::as_bytes(std::span(from)), to); }

  void set_read_deadline(time_point when) const;
  void set_read_deadline(time_point when, std::error_code& error) const noexcept;
  void set_write_deadline(time_point when) const;
  void set_write_deadline(time_point when, std::error_code& error) const noexcept;

 private:
  friend class detail::socket;
  using socket_handle::socket_handle;
};

// A socket for datagrams on an address of "udp", "udp4", "udp6" or "unixgram", in the form that listen() takes. Go:
// net.ListenPacket.
packet_conn listen_packet(std::string_view network, std::string_view address);
packet_conn listen_packet(std::string_view network, std::string_view address, std::error_code& error);

}  // namespace goro::net
