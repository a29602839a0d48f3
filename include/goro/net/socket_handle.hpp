// What connections, listeners and packet connections have in common: a shared handle to a socket.
#pragma once

#include <chrono>
#include <system_error>
#include <utility>

#include "goro/detail/deadline.hpp"
#include "goro/errc.hpp"
#include "goro/net/endpoint.hpp"

namespace goro::net {

namespace detail {
class socket;
}

// Copies are handles to the same socket, as with chan: pass it by value, use it from many goroutines and threads. When
// the last copy is destroyed, the socket is closed. A default-constructed handle is empty: every call fails with
// std::errc::invalid_argument.
//
// Calls that do the same at the same time take turns: each read gets bytes that no other gets, each write() comes out
// whole. Everything before a write happens before the return of every later read, of whatever connection (as Go's race
// detector sees it).
class socket_handle {
 public:
  socket_handle() noexcept = default;
  socket_handle(const socket_handle& other) noexcept;
  socket_handle(socket_handle&& other) noexcept : socket_(std::exchange(other.socket_, nullptr)) {}
  socket_handle& operator=(socket_handle other) noexcept {
    std::swap(socket_, other.socket_);
    return *this;
  }
  ~socket_handle();

  explicit operator bool() const noexcept { return socket_ != nullptr; }
  // The same socket?
  friend bool operator==(const socket_handle& a, const socket_handle& b) noexcept { return a.socket_ == b.socket_; }

  // Closes the socket for all handles. Calls that wait on it, and all later ones, fail with errc::closed. Returns when
  // the descriptor is free again. Only the first close does anything; the others report errc::closed, or nothing in the
  // form without an error.
  void close() const noexcept;
  void close(std::error_code& error) const noexcept;

  // The address of this end. Still known after close().
  const endpoint& local() const noexcept;

  // From this point of time on reads and writes (accepts), those that wait and later ones, fail with errc::timeout,
  // until another deadline is set. time_point::max() and time_point{} mean none. Go: Conn.SetDeadline.
  void set_deadline(time_point when) const;
  void set_deadline(time_point when, std::error_code& error) const noexcept;

  // The descriptor, for what is not offered here (setsockopt). It stays goro's: non-blocking, not to be closed, and
  // valid only until close(). -1 of an empty handle.
  int native_handle() const noexcept;

 protected:
  friend class detail::socket;
  explicit socket_handle(detail::socket* socket) noexcept : socket_(socket) {}  // takes over a reference

  enum class which : unsigned { read = 1, write = 2, both = 3 };
  void set_deadline_of(which directions, time_point when, std::error_code& error) const noexcept;

  detail::socket* socket_ = nullptr;
};

}  // namespace goro::net
