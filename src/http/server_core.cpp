#include "http/server_core.hpp"

#include <algorithm>
#include <cstdio>
#include <mutex>

#include "base/clock.hpp"
#include "goro/errc.hpp"
#include "goro/go.hpp"
#include "goro/time.hpp"
#include "platform/listening.hpp"

namespace goro::http::detail {
namespace {

using namespace std::chrono_literals;

constexpr auto first_delay = 5ms;  // after a failed accept
constexpr auto longest_delay = 1000ms;
constexpr base::nanoseconds longest_drain_ns = 100'000'000;
constexpr auto first_look = 1ms;  // of shutdown, at what is left
constexpr auto longest_look = 500ms;

// Goes away by itself when somebody else gives something back, or is about a single connection.
bool is_temporary(std::error_code error) noexcept {
  constexpr std::errc temporary[] = {
      std::errc::too_many_files_open, std::errc::too_many_files_open_in_system,
      std::errc::no_buffer_space,     std::errc::not_enough_memory,
      std::errc::connection_aborted,  std::errc::connection_reset,
      std::errc::protocol_error,
  };
  return error == errc::timeout ||
         std::any_of(std::begin(temporary), std::end(temporary), [&](std::errc e) { return error == e; });
}

}  // namespace

server_core::server_core(server_options options)
    : options_(std::move(options)),
      exchanges_([] { return std::make_unique<exchange>(); }),
      free_connections_(options_.max_connections > 0 ? static_cast<std::ptrdiff_t>(options_.max_connections) : 0),
      accepting_(with_cancel(background())) {}

server_core::~server_core() = default;

std::chrono::nanoseconds server_core::header_timeout() const noexcept {
  return options_.read_header_timeout > 0ns ? options_.read_header_timeout : options_.read_timeout;
}

std::chrono::nanoseconds server_core::idle_timeout() const noexcept {
  return options_.idle_timeout > 0ns ? options_.idle_timeout : options_.read_timeout;
}

void server_core::log(std::string_view line) noexcept {
  try {
    if (options_.log) {
      options_.log(line);
    } else {
      const std::string text = std::string(line) + "\n";
      std::fwrite(text.data(), 1, text.size(), stderr);
    }
  } catch (const std::exception&) {  // there is nobody left to tell
  }
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): the listener is given to the server
std::error_code server_core::serve(net::listener l) {
  if (!begin_loop(l)) {
    l.close();
    return errc::server_closed;
  }
  const std::error_code result = accept_loop(l);
  if (result == errc::server_closed) {
    drain_backlog(l);
  }
  std::error_code error;
  l.close(error);
  end_loop(l, error);
  return result;
}

// Closing a listener resets the connections that wait in its backlog, and what their clients have sent is lost. So they
// are accepted first; they get an answer, and then the end. Meanwhile no others come.
void server_core::drain_backlog(const net::listener& l) {
  platform::hold_off_connections(l.native_handle());
  std::error_code error;
  for (const base::nanoseconds begin = base::now_ns(); !error && base::now_ns() - begin < longest_drain_ns;) {
    l.set_deadline(time_point(std::chrono::nanoseconds(base::now_ns()) + 1ms), error);
    if (net::conn socket = l.accept(error); !error) {
      if (options_.max_connections > 0 && !free_connections_.try_acquire()) {
        return;
      }
      start(std::move(socket));
    }
  }
}

bool server_core::begin_loop(const net::listener& l) {
  const std::lock_guard guard(lock_);
  if (is_shutting_down()) {
    return false;
  }
  if (!handler_) {
    choose_handler();
  }
  if (!address_) {
    address_ = l.local();
  }
  listeners_.push_back(l);
  ++loops_;
  changed_.notify_all();
  return true;
}

void server_core::choose_handler() {
  handler_ = options_.handler;
  if (!handler_) {  // patterns may still be added
    handler_ = [this](response_writer& w, request& r) { (routes.empty() ? default_router() : routes)(w, r); };
  }
  for (auto m = middlewares_.rbegin(); m != middlewares_.rend(); ++m) {
    handler_ = (*m)(std::move(handler_));
  }
  if (options_.handle_options) {
    handler_ = [inner = std::move(handler_)](response_writer& w, request& r) {
      if (r.target() == "*") {
        w.header().set("Content-Length", "0");
        w.status(200);
      } else {
        inner(w, r);
      }
    };
  }
}

void server_core::end_loop(const net::listener& l, std::error_code error) noexcept {
  const std::lock_guard guard(lock_);
  if (error && error != errc::closed && !close_error_) {
    close_error_ = error;
  }
  listeners_.erase(std::find(listeners_.begin(), listeners_.end(), l));
  --loops_;
  changed_.notify_all();
}

std::error_code server_core::accept_loop(const net::listener& l) {
  std::chrono::milliseconds delay{0};
  for (;;) {
    if (options_.max_connections > 0 && !free_connections_.acquire(accepting_.ctx)) {
      return errc::server_closed;
    }
    std::error_code error;
    net::conn socket = l.accept(error);
    if (!error) {
      delay = 0ms;
      start(std::move(socket));
      continue;
    }
    if (options_.max_connections > 0) {
      free_connections_.release();
    }
    if (is_shutting_down()) {
      return errc::server_closed;
    }
    if (!is_temporary(error)) {
      return error;
    }
    if (!wait_after(error, delay)) {
      return errc::server_closed;
    }
  }
}

bool server_core::wait_after(std::error_code error, std::chrono::milliseconds& delay) {
  delay = delay == 0ms ? first_delay : std::min<std::chrono::milliseconds>(delay * 2, longest_delay);
  log("http: accept error: " + error.message() + "; retrying in " + std::to_string(delay.count()) + "ms");
  return sleep(accepting_.ctx, delay);
}

void server_core::start(net::conn socket) {
  auto c = std::make_unique<connection>(*this, std::move(socket));
  {
    const std::lock_guard guard(lock_);
    c->next = connections_;
    if (connections_ != nullptr) {
      connections_->previous = c.get();
    }
    connections_ = c.get();
  }
  go([self = shared_from_this(), c = std::move(c)] {
    const defer gone{[&] { self->remove(*c); }};  // also when a handler calls goexit()
    c->serve();
  });
}

void server_core::remove(connection& c) noexcept {
  if (options_.max_connections > 0) {
    free_connections_.release();
  }
  const std::lock_guard guard(lock_);
  (c.previous != nullptr ? c.previous->next : connections_) = c.next;
  if (c.next != nullptr) {
    c.next->previous = c.previous;
  }
  if (connections_ == nullptr) {
    changed_.notify_all();
  }
}

// The first part of shutdown() and close(). In peace the accept loops close their listeners, soon.
void server_core::begin_end(bool in_peace) {
  const std::lock_guard guard(lock_);
  shutting_down_.store(true, base::memory_order_seq_cst);  // before the connections' states are looked at
  accepting_.cancel();
  std::error_code ignored;
  for (const net::listener& l : listeners_) {
    if (in_peace) {
      l.set_deadline(time_point(1ns), ignored);
    } else {
      l.close(ignored);
    }
  }
  changed_.notify_all();
  if (in_peace) {
    for (auto& hook : hooks_) {
      go(hook);
    }
    return;
  }
  for (connection* c = connections_; c != nullptr; c = c->next) {
    if (!c->is_hijacked()) {
      c->close();
    }
  }
}

std::error_code server_core::shutdown(const context& ctx) {
  begin_end(true);
  base::random jitter(base::random_seed());
  auto interval = std::chrono::duration_cast<std::chrono::microseconds>(first_look);
  while (!nudge_and_look()) {
    const auto spread = std::chrono::microseconds(jitter.below(static_cast<std::uint32_t>(interval.count() / 10 + 1)));
    if (!sleep(ctx, interval + spread)) {
      return ctx.err();
    }
    interval = std::min<std::chrono::microseconds>(interval * 2, longest_look);
  }
  const std::lock_guard guard(lock_);
  return close_error_;
}

// Is everything gone?
bool server_core::nudge_and_look() {
  const base::nanoseconds now = base::now_ns();
  const std::lock_guard guard(lock_);
  bool alone = loops_ == 0;
  for (connection* c = connections_; c != nullptr; c = c->next) {
    c->nudge(now);
    alone = alone && c->is_hijacked();
  }
  return alone;
}

void server_core::close() { begin_end(false); }

void server_core::wait_until_gone() {
  std::unique_lock guard(lock_);
  changed_.wait(guard, [this] { return connections_ == nullptr && loops_ == 0; });
}

void server_core::on_shutdown(std::function<void()> f) {
  const std::lock_guard guard(lock_);
  hooks_.push_back(std::move(f));
}

net::endpoint server_core::address() {
  std::unique_lock guard(lock_);
  changed_.wait(guard, [this] { return address_ || is_shutting_down(); });
  return address_;
}

}  // namespace goro::http::detail
