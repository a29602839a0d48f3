#include "http/connection.hpp"

#include <cxxabi.h>

#include <array>
#include <chrono>
#include <exception>
#include <typeinfo>

#include "goro/errc.hpp"
#include "goro/time.hpp"
#include "http/exchange.hpp"
#include "http/server_core.hpp"

namespace goro::http::detail {
namespace {

using namespace std::chrono_literals;

constexpr base::nanoseconds fresh_counts_as_idle_ns = 5'000'000'000;
constexpr auto last_look = 5ms;  // for a request that is on its way while the server shuts down
constexpr auto linger_time = 500ms;
constexpr auto short_linger_time = 50ms;

time_point after_now(std::chrono::nanoseconds d) { return time_point(std::chrono::nanoseconds(base::now_ns()) + d); }

}  // namespace

connection::connection(server_core& core, net::conn socket)
    : core_(core), socket_(std::move(socket)), accepted_ns_(base::now_ns()) {}

connection::~connection() = default;

context connection::base_context() const { return base_; }

void connection::enter(conn_state s) {
  state_.store(s, base::memory_order_seq_cst);  // before the flag is looked at, see above
  if (core_.options().on_state) {
    core_.options().on_state(socket_, s);
  }
}

void connection::serve() {
  try {
    serve_until_closed();
  } catch (const std::exception& e) {  // no memory for buffers, or a hook of the user's threw
    core_.log(std::string("http: connection given up: ") + e.what());
  }
  if (state_.load(base::memory_order_relaxed) != conn_state::hijacked) {
    socket_.close();
    enter(conn_state::closed);
  }
}

void connection::serve_until_closed() {
  if (core_.options().conn_context) {
    base_ = core_.options().conn_context(socket_);
  }
  enter(conn_state::fresh);
  limit_read(core_.header_timeout());
  bool first = true;
  bool open = true;
  while (open) {
    std::unique_ptr<exchange> x = wait_for_request(first);
    if (!x) {
      break;
    }
    open = serve_requests(*x, first);
    x->detach();
    core_.give_back(std::move(x));
    if (open) {
      limit_read(core_.idle_timeout());
      enter(conn_state::idle);
    }
    first = false;
  }
}

// Not inlined: the bytes on the stack are gone when the handler runs.
[[gnu::noinline]] std::unique_ptr<exchange> connection::wait_for_request(bool first) {
  std::array<char, 512> start;
  const std::size_t n = receive_first(start, first);
  if (n == 0) {
    return nullptr;
  }
  enter(conn_state::active);
  std::unique_ptr<exchange> x = core_.take_exchange();
  x->attach(*this);
  x->in.put({start.data(), n});
  return x;
}

std::size_t connection::receive_first(std::span<char> to, bool first) noexcept {
  std::error_code error;
  if (first || !core_.is_shutting_down()) {
    const std::size_t n = socket_.read(to, error);
    if (error != errc::timeout || !core_.is_shutting_down()) {
      return n;
    }
  }
  error.clear();
  leaving_.store(true, base::memory_order_relaxed);
  set_read_deadline(after_now(last_look), error);
  const std::size_t n = socket_.read(to, error);
  if (n == 0 && error == errc::timeout) {
    linger(short_linger_time);  // for one that crosses the close: its sender then sees an end, not a reset
  }
  return n;
}

// Serves what has been received, and returns when nothing is left of it. False: the connection ends.
bool connection::serve_requests(exchange& x, bool first) {
  for (;;) {
    if (!first) {
      limit_read(core_.header_timeout());
    }
    first = false;
    const bool open = serve_request(x);
    x.end();
    if (!open) {
      if (!x.hijacked() && x.leaves_unread() && !x.failure()) {
        linger(linger_time);
      }
      return false;
    }
    if (x.in.empty()) {
      return true;
    }
  }
}

bool connection::serve_request(exchange& x) {
  switch (x.read_head(core_.options().max_header_bytes)) {
    case head_outcome::gone:
      return false;
    case head_outcome::refused: {
      const refusal_answer answer = answer_to(x.why());
      x.refuse(answer.status, answer.reason);
      return false;
    }
    case head_outcome::ready:
      break;
  }
  const server_options& options = core_.options();
  if (options.read_timeout > 0ns || read_limited_) {
    limit_read(options.read_timeout);
  }
  if (options.write_timeout > 0ns || write_limited_) {
    std::error_code ignored;
    set_write_deadline(options.write_timeout > 0ns ? after_now(options.write_timeout) : time_point{}, ignored);
  }
  x.prepare(options.max_body_bytes);
  run_handler(x);
  return x.keeps_alive();
}

void connection::run_handler(exchange& x) {
  bool returned = false;
  try {
    core_.call_handler(x);
    returned = true;
  } catch (const abort_handler&) {
  } catch (const std::system_error& e) {
    const bool own = e.code() == x.failure();
    if (e.code() == errc::body_too_large && !x.res.head_sent()) {
      x.refuse(413, "");
    } else if (e.code() == errc::malformed_message && !x.res.head_sent()) {
      x.refuse(400, "malformed body");
    } else if (!own) {
      log_exception(x, typeid(e).name(), e.what());
    }
  } catch (const std::exception& e) {
    log_exception(x, typeid(e).name(), e.what());
  } catch (...) {
    if (std::current_exception() == nullptr) {  // goexit(), which is no exception of C++'s and goes on
      x.abandon();
      x.end();
      socket_.close();
      enter(conn_state::closed);
      throw;
    }
    log_exception(x, "exception", "not a std::exception");
  }
  if (returned) {
    x.finish();
  } else {
    x.abandon();
  }
}

void connection::log_exception(const exchange& x, const char* type, const char* what) noexcept {
  int status = 0;
  char* const readable = abi::__cxa_demangle(type, nullptr, nullptr, &status);
  try {
    core_.log("http: exception serving " + socket_.remote().to_string() + " " + std::string(x.req.method()) + " " +
              std::string(x.req.target()) + ": " + (readable != nullptr ? readable : type) + ": " + what);
  } catch (const std::bad_alloc&) {
  }
  std::free(readable);
}

// A client that still sends would get a reset instead of the response if the connection was closed now.
void connection::linger(time_limit limit) noexcept {
  std::error_code error;
  socket_.close_write(error);
  set_read_deadline(after_now(limit), error);
  std::array<char, 1024> ignored;
  while (!error && socket_.read(ignored, error) > 0) {
  }
}

void connection::nudge(base::nanoseconds now) noexcept {
  if (leaving_.load(base::memory_order_relaxed)) {
    return;  // has its own, short deadlines now. (Missed at the very moment, it leaves a little sooner.)
  }
  const conn_state s = state_.load(base::memory_order_seq_cst);  // after the flag was set, see above
  if (s == conn_state::idle || (s == conn_state::fresh && now - accepted_ns_ > fresh_counts_as_idle_ns)) {
    interrupt_read();
  }
}

void connection::interrupt_read() noexcept {
  std::error_code ignored;
  socket_.set_read_deadline(time_point(1ns), ignored);
}

void connection::clear_read_deadline() noexcept {
  read_limited_ = true;
  limit_read(0ns);
}

// 0: without limit.
void connection::limit_read(time_limit limit) noexcept {
  std::error_code ignored;
  if (limit > 0ns) {
    set_read_deadline(after_now(limit), ignored);
  } else if (read_limited_) {
    socket_.set_read_deadline(time_point{}, ignored);
    read_limited_ = false;
  }
}

void connection::set_read_deadline(time_point when, std::error_code& error) noexcept {
  socket_.set_read_deadline(when, error);
  read_limited_ = true;
}

void connection::set_write_deadline(time_point when, std::error_code& error) noexcept {
  socket_.set_write_deadline(when, error);
  write_limited_ = when != time_point{};
}

net::conn connection::give_away() {
  enter(conn_state::hijacked);
  std::error_code ignored;
  socket_.set_deadline(time_point{}, ignored);
  return socket_;
}

}  // namespace goro::http::detail
