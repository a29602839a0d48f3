// A connection of a server, and the goroutine that serves it.
//
// Between requests it owns a socket and nothing else: the first bytes of a request are received on the stack, and only
// then an exchange is taken. How it ends on shutdown: nobody closes it from outside. Whoever shuts down makes its read
// deadline pass (nudge); the goroutine, when it waits for a request, then looks once more, so that a request that has
// arrived is answered, and leaves. Both orders of "becomes idle" and "shutdown begins" are covered: the goroutine sets
// its deadline, then the state, then looks at the flag; shutdown sets the flag, then looks at the state, then nudges,
// and does so again until the connection is gone.
#pragma once

#include <cstdint>
#include <memory>

#include "base/atomic.hpp"
#include "base/clock.hpp"
#include "goro/context.hpp"
#include "goro/http/server.hpp"
#include "goro/net/conn.hpp"

namespace goro::http::detail {

class exchange;
class server_core;

class connection {
 public:
  connection(server_core& core, net::conn socket);
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection();

  // Serves until the connection ends.
  void serve();

  const net::conn& socket() const noexcept { return socket_; }
  server_core& core() noexcept { return core_; }
  context base_context() const;

  // For shutdown: makes it leave if it waits for a request; if for its first one, only when it has done so for long.
  void nudge(base::nanoseconds now) noexcept;
  void close() noexcept { socket_.close(); }
  bool is_hijacked() const noexcept { return state_.load(base::memory_order_relaxed) == conn_state::hijacked; }

  // Of the exchange.
  void interrupt_read() noexcept;
  void clear_read_deadline() noexcept;
  void set_read_deadline(time_point when, std::error_code& error) noexcept;
  void set_write_deadline(time_point when, std::error_code& error) noexcept;
  net::conn give_away();

  connection* next = nullptr;  // guarded by the core's lock
  connection* previous = nullptr;

 private:
  using time_limit = std::chrono::nanoseconds;

  void serve_until_closed();
  std::unique_ptr<exchange> wait_for_request(bool first);
  std::size_t receive_first(std::span<char> to, bool first) noexcept;
  bool serve_requests(exchange& x, bool first);
  bool serve_request(exchange& x);
  void run_handler(exchange& x);
  void log_exception(const exchange& x, const char* type, const char* what) noexcept;
  void linger(time_limit limit) noexcept;
  void limit_read(time_limit limit) noexcept;
  void enter(conn_state s);

  server_core& core_;
  net::conn socket_;
  context base_;
  base::nanoseconds accepted_ns_;
  base::atomic<conn_state> state_{conn_state::fresh};
  base::atomic<bool> leaving_{false};  // the server shuts down, and this is the last look for a request
  bool read_limited_ = false;          // a read deadline is set
  bool write_limited_ = false;
};

}  // namespace goro::http::detail
