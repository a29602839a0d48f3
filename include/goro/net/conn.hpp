// A connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <system_error>

#include "goro/net/socket_handle.hpp"

namespace goro::net {

// Of dial() or listener::accept(). Each call blocks the calling goroutine (a foreign thread: that thread) until it can
// be done, a deadline passes, or the connection is closed. Errors are thrown as std::system_error, or stored by the
// form with a trailing std::error_code; errors of the system come as they are, "interrupted" and "would block" never,
// and no signal is raised for a broken pipe. Go: net.Conn, net.TCPConn, net.UnixConn, and a net.UDPConn with a peer
// (net/net.go, net/tcpsock.go).
class conn : public socket_handle {
 public:
  using buffer = std::span<const std::byte>;

  conn() noexcept = default;

  // Waits until there is something to read, and reads as much of it as fits. Returns its size; 0: the peer has closed
  // its side. (Also of an empty buffer, at once; of UDP one datagram, whose rest is lost if it does not fit.)
  std::size_t read(std::span<std::byte> to) const;
  std::size_t read(std::span<std::byte> to, std::error_code& error) const noexcept;
  std::size_t read(std::span<char> to) const { return read(std::as_writable_bytes(to)); }
  std::size_t read(std::span<char> to, std::error_code& error) const noexcept {
    return read(std::as_writable_bytes(to), error);
  }
  // The same by another name.
  std::size_t read_some(std::span<std::byte> to) const { return read(to); }
  std::size_t read_some(std::span<std::byte> to, std::error_code& error) const noexcept { return read(to, error); }

  // Fills the buffer, unless the peer's side ends before. Returns how much was read. Go: io.ReadFull.
  std::size_t read_full(std::span<std::byte> to) const;
  std::size_t read_full(std::span<std::byte> to, std::error_code& error) const noexcept;

  // Writes all of it. The form with an error returns how much was written before the error. Other writes do not come in
  // between.
  void write(buffer from) const;
  std::size_t write(buffer from, std::error_code& error) const noexcept;
  void write(std::string_view from) const { write(std::as_bytes(std::span(from))); }
  std::size_t write(std::string_view from, std::error_code& error) const noexcept {
    return write(std::as_bytes(std::span(from)), error);
  }

  // The same of several pieces, as if they were one, in as few system calls as possible. Go: net.Buffers.
  void write_buffers(std::span<const buffer> from) const;
  std::size_t write_buffers(std::span<const buffer> from, std::error_code& error) const noexcept;

  // Sends `count` bytes of a file, from `offset` on, without copying them through the program. Returns how many were
  // sent: fewer only when the file ends before, or with an error. Throws after part of it may have been sent.
  std::uint64_t send_file(int file, std::uint64_t offset, std::uint64_t count) const;
  std::uint64_t send_file(int file, std::uint64_t offset, std::uint64_t count, std::error_code& error) const noexcept;

  // Tells the peer that nothing more comes; reading goes on. TCP and stream sockets. Go: TCPConn.CloseWrite.
  void close_write() const;
  void close_write(std::error_code& error) const noexcept;
  // Reads return 0 from here on.
  void close_read() const;
  void close_read(std::error_code& error) const noexcept;

  // As set_deadline(), for reads or writes alone.
  void set_read_deadline(time_point when) const;
  void set_read_deadline(time_point when, std::error_code& error) const noexcept;
  void set_write_deadline(time_point when) const;
  void set_write_deadline(time_point when, std::error_code& error) const noexcept;

  // The address of the other end. Still known after close().
  const endpoint& remote() const noexcept;

  // Options of TCP. Small packets are sent at once (no Nagle) and keep-alive probes after 15 s of silence, unless
  // changed. A linger of 0 makes close() discard what was not sent and reset the connection; below 0 the system goes on
  // sending.
  void set_no_delay(bool on) const;
  void set_no_delay(bool on, std::error_code& error) const noexcept;
  void set_keep_alive(bool on) const;
  void set_keep_alive(bool on, std::error_code& error) const noexcept;
  void set_linger(int seconds) const;
  void set_linger(int seconds, std::error_code& error) const noexcept;
  // Sizes of the system's buffers, in bytes.
  void set_read_buffer(int size) const;
  void set_read_buffer(int size, std::error_code& error) const noexcept;
  void set_write_buffer(int size) const;
  void set_write_buffer(int size, std::error_code& error) const noexcept;

 private:
  friend class detail::socket;
  using socket_handle::socket_handle;
};

}  // namespace goro::net
