// What a server's connections and its calls share. It lives as long as any of them.
//
// Nothing is lost on shutdown: a connection is in the list from the moment it is accepted (an accept loop counts as one
// until it has put its last one there), and shutdown() returns only when the list is empty and no accept loop is left.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/atomic.hpp"
#include "base/random.hpp"
#include "goro/condition_variable.hpp"
#include "goro/http/server.hpp"
#include "goro/mutex.hpp"
#include "goro/pool.hpp"
#include "goro/semaphore.hpp"
#include "http/connection.hpp"
#include "http/exchange.hpp"

namespace goro::http::detail {

class server_core : public std::enable_shared_from_this<server_core> {
 public:
  explicit server_core(server_options options);
  server_core(const server_core&) = delete;
  server_core& operator=(const server_core&) = delete;
  ~server_core();

  // For server.
  void use(middleware m) { middlewares_.push_back(std::move(m)); }
  std::error_code serve(net::listener l);
  std::error_code shutdown(const context& ctx);
  void close();
  void wait_until_gone();
  void on_shutdown(std::function<void()> f);
  net::endpoint address();
  void set_keep_alives(bool on) noexcept { keep_alives_.store(on, base::memory_order_relaxed); }

  // For connections.
  const server_options& options() const noexcept { return options_; }
  std::chrono::nanoseconds header_timeout() const noexcept;
  std::chrono::nanoseconds idle_timeout() const noexcept;
  bool is_shutting_down() const noexcept {
    return shutting_down_.load(base::memory_order_seq_cst);  // after the connection's state was set (connection.hpp)
  }
  bool keep_alives() const noexcept { return keep_alives_.load(base::memory_order_relaxed) && !is_shutting_down(); }
  void call_handler(exchange& x) { handler_(x.res, x.req); }
  void log(std::string_view line) noexcept;
  std::unique_ptr<exchange> take_exchange() { return exchanges_.get(); }
  void give_back(std::unique_ptr<exchange> x) { exchanges_.put(std::move(x)); }

  router routes;

 private:
  bool begin_loop(const net::listener& l);
  void end_loop(const net::listener& l, std::error_code close_error) noexcept;
  void drain_backlog(const net::listener& l);
  std::error_code accept_loop(const net::listener& l);
  bool wait_after(std::error_code error, std::chrono::milliseconds& delay);
  void start(net::conn socket);
  void remove(connection& c) noexcept;
  void begin_end(bool in_peace);
  bool nudge_and_look();
  void choose_handler();

  const server_options options_;
  std::vector<middleware> middlewares_;
  handler handler_;
  pool<std::unique_ptr<exchange>> exchanges_;
  semaphore free_connections_;
  cancelable accepting_;  // ends with shutdown() or close()

  mutex lock_;
  condition_variable changed_;  // a listener has come, or the last connection or loop has gone
  // Guarded by lock_.
  connection* connections_ = nullptr;
  std::vector<net::listener> listeners_;
  net::endpoint address_;
  std::vector<std::function<void()>> hooks_;
  std::size_t loops_ = 0;
  std::error_code close_error_;

  base::atomic<bool> shutting_down_{false};
  base::atomic<bool> keep_alives_{true};
};

}  // namespace goro::http::detail
