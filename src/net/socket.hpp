// A socket as its handles share it.
//
// Three counts keep three things alive:
//   handles_   the object. The last handle closes the socket and frees it.
//   state_     the descriptor: the calls under way, and whether it was closed. close() sets the bit, sends those away
//              who wait, and waits until the last call has left; that one gives the descriptor back. So no call ever
//              uses a number that means another socket by now.
//   turns      read_turn_ and write_turn_ let one reader and one writer in at a time: a write comes out whole.
//
// Go has the same in one word (internal/poll/fd_mutex.go).
#pragma once

#include <span>
#include <system_error>

#include "base/atomic.hpp"
#include "goro/detail/event.hpp"
#include "goro/mutex.hpp"
#include "goro/net/conn.hpp"
#include "goro/net/listener.hpp"
#include "goro/net/packet_conn.hpp"
#include "platform/socket.hpp"
#include "sched/io_source.hpp"

namespace goro::net::detail {

class socket {
 public:
  using io_direction = sched::io_direction;

  // Takes over an open descriptor, which is closed if this fails: null, with the error.
  static socket* adopt(int descriptor, endpoint::kind kind, std::error_code& error) noexcept;
  socket(const socket&) = delete;
  socket& operator=(const socket&) = delete;

  void retain() noexcept { handles_.fetch_add(1, base::memory_order_relaxed); }
  void release() noexcept;
  template <class Handle>
  static Handle make_handle(socket* s) noexcept {
    return Handle(s);
  }
  static socket* of(const socket_handle& h) noexcept { return h.socket_; }

  void close(std::error_code& error) noexcept;

  std::size_t read(std::span<std::byte> to, std::error_code& error) noexcept;
  std::size_t read_from(std::span<std::byte> to, endpoint& from, std::error_code& error) noexcept;
  std::size_t write(std::span<const std::byte> from, std::error_code& error) noexcept;
  std::size_t write_buffers(std::span<const conn::buffer> from, std::error_code& error) noexcept;
  void write_to(std::span<const std::byte> from, const endpoint& to, std::error_code& error) noexcept;
  std::uint64_t send_file(int file, std::uint64_t offset, std::uint64_t count, std::error_code& error) noexcept;
  socket* accept(std::error_code& error) noexcept;

  // Is it open at both ends, with nothing to read? Does not wait, and takes nothing away. Nobody else may be reading.
  bool is_quiet() noexcept;

  void shut_down(bool read, bool write, std::error_code& error) noexcept;
  void set_deadline(bool read, bool write, base::nanoseconds when, std::error_code& error) noexcept;
  // Waits until a connect under way has succeeded or failed.
  void finish_connect(std::error_code& error) noexcept;

  // Runs `f(descriptor)`, which returns an error number, while the descriptor stays open.
  template <class F>
  void with_descriptor(F f, std::error_code& error) noexcept;

  endpoint::kind kind() const noexcept { return kind_; }
  const endpoint& local() const noexcept { return local_; }
  const endpoint& remote() const noexcept { return remote_; }
  void learn_addresses(const endpoint* remote) noexcept;
  void set_unlink_on_close(bool on) noexcept { unlink_on_close_.store(on, base::memory_order_relaxed); }
  int descriptor() const noexcept { return descriptor_; }

 private:
  class call;

  socket(int descriptor, endpoint::kind kind, sched::io_source& source) noexcept
      : kind_(kind), descriptor_(descriptor), source_(source) {}
  ~socket() = default;

  bool enter() noexcept;
  void leave() noexcept;
  void give_back_descriptor() noexcept;
  bool wait(io_direction d, std::error_code& error) noexcept;
  // Does a short read mean that nothing is left?
  bool drained_by(std::size_t got, std::size_t asked) const noexcept {
    return kind_ == endpoint::kind::tcp && got != 0 && got < asked && !source_.unusual();
  }
  template <class F>
  std::size_t read_by(F system_call, std::size_t asked, std::error_code& error) noexcept;
  template <class F>
  std::size_t write_by(F system_call, std::error_code& error) noexcept;

  static constexpr std::uint32_t closed_bit = 1U << 31;

  base::atomic<std::uint32_t> handles_{1};
  base::atomic<std::uint32_t> state_{0};  // calls under way | closed_bit
  mutex read_turn_;
  mutex write_turn_;
  goro::detail::event given_back_;
  base::atomic<bool> given_back_started_{false};
  const endpoint::kind kind_;
  base::atomic<bool> unlink_on_close_{false};
  const int descriptor_;
  sched::io_source& source_;
  endpoint local_;
  endpoint remote_;
};

template <class F>
void socket::with_descriptor(F f, std::error_code& error) noexcept {
  error.clear();
  if (!enter()) {
    error = errc::closed;
    return;
  }
  if (const int e = f(descriptor_); e != 0) {
    error.assign(e, std::system_category());
  }
  leave();
}

// Holds a reference to what a handle refers to; an empty handle is an error.
inline socket* checked(const socket_handle& h, std::error_code& error) noexcept {
  socket* s = socket::of(h);
  if (s == nullptr) {
    error = std::make_error_code(std::errc::invalid_argument);
  }
  return s;
}

// Throws std::system_error: `read tcp 127.0.0.1:1234->127.0.0.1:80: i/o timeout`, as Go's net.OpError.
[[noreturn]] void raise(const char* operation, const socket_handle& h, std::error_code error);
[[noreturn]] void raise(const char* operation, std::string_view network, std::string_view address,
                        std::error_code error);
inline void raise_if(std::error_code error, const char* operation, const socket_handle& h) {
  if (error) [[unlikely]] {
    raise(operation, h, error);
  }
}

endpoint from_platform(const platform::socket_address& a, endpoint::kind kind);
// The path of what is returned is that of `e`.
platform::socket_address to_platform(const endpoint& e) noexcept;
inline platform::socket_kind socket_kind_of(endpoint::kind k) noexcept {
  return k == endpoint::kind::udp || k == endpoint::kind::unix_datagram ? platform::socket_kind::datagram
                                                                        : platform::socket_kind::stream;
}

}  // namespace goro::net::detail
