// The receiving half of an exchange.
#include <array>

#include "goro/errc.hpp"
#include "goro/go.hpp"
#include "http/connection.hpp"
#include "http/exchange.hpp"
#include "http/server_core.hpp"
#include "http/target.hpp"

namespace goro::http::detail {
namespace {

// What a handler has left of a body is read for it, so that the connection can go on, up to this size.
constexpr std::uint64_t most_drained = std::uint64_t{256} << 10;

}  // namespace

head_outcome exchange::read_head(std::size_t max_bytes) {
  req.clear();
  framing_ = {};
  why_ = refusal::none;
  head_parser parser(head_kind::request, max_bytes);
  for (;;) {
    const head_event event = parser.next(in.unread());
    switch (event) {
      case head_event::need_more:
        if (in.receive(failure_) == 0) {
          return head_outcome::gone;
        }
        break;
      case head_event::start_line:
        req.method_ = parser.method();
        req.target_ = parser.target();
        req.minor_version_ = parser.minor_version();
        break;
      case head_event::field:
        if (!note_field(parser.name(), parser.value())) {
          return head_outcome::refused;
        }
        break;
      case head_event::end:
        in.consume(parser.taken());
        return finish_head() ? head_outcome::ready : head_outcome::refused;
      case head_event::refused:
        why_ = parser.why();
        return head_outcome::refused;
      case head_event::skipped_line:
        break;
    }
    in.consume(parser.taken());
  }
}

bool exchange::note_field(std::string_view name, std::string_view value) {
  why_ = framing_.note(name, value);
  req.headers_.add(name, value);
  return why_ == refusal::none;
}

bool exchange::finish_head() {
  why_ = framing_.finish_request(req.method_, req.minor_version_);
  if (why_ == refusal::none && !req.assign_target()) {
    why_ = refusal::bad_target;
  }
  return why_ == refusal::none;
}

void exchange::prepare(std::uint64_t max_body_bytes) noexcept {
  const body_kind kind = framing_.body();
  body_.start(kind, framing_.length(), &req.trailer_);
  req.content_length_ = kind == body_kind::chunked ? -1 : static_cast<std::int64_t>(framing_.length());
  req.exchange_ = this;
  req.remote_ = connection_->socket().remote();
  req.local_ = connection_->socket().local();
  continue_wanted_ = framing_.expects_continue() && kind != body_kind::none;
  keep_alive_ = framing_.keep_alive();
  body_limited_ = false;
  if (max_body_bytes > 0) {
    body_.limit(max_body_bytes);
    body_limited_ = kind != body_kind::none;
  }
  res.clear();
  pending_.clear();
  head_.clear();
  declared_ = -1;
  framing_of_response_ = framing_of_response::undecided;
}

std::size_t exchange::read_body(std::span<char> to, std::error_code& error) noexcept {
  if (hijacked_) {
    error = errc::hijacked;
    return 0;
  }
  if (continue_wanted_ && !body_.finished()) {
    send_continue(error);
    if (error) {
      return 0;
    }
  }
  const std::size_t n = body_.read(in, to, error);
  if (body_.failed()) {
    keep_alive_ = false;
  }
  if (body_.finished() && context_asked_) {
    start_watching();
  }
  return n;
}

void exchange::limit_body(std::uint64_t bytes) noexcept {
  body_.limit(bytes);
  body_limited_ = true;
}

void exchange::send_continue(std::error_code& error) {
  continue_wanted_ = false;
  if (!res.head_sent_) {
    const std::array<std::string_view, 1> line = {"HTTP/1.1 100 Continue\r\n\r\n"};
    send_pieces(line, error);
  }
}

// Before the response: a client that is still sending would not receive it.
void exchange::drain_body() noexcept {
  if (body_.finished() || res.full_duplex_) {
    return;
  }
  if (continue_wanted_ || body_.failed() || body_.known_left() > most_drained) {
    continue_wanted_ = false;
    keep_alive_ = false;
    return;
  }
  std::array<char, 1024> piece;
  std::error_code error;
  std::uint64_t drained = 0;
  while (!body_.finished() && !error && drained <= most_drained) {
    drained += body_.read(in, piece, error);
  }
  if (!body_.finished()) {
    keep_alive_ = false;
  }
}

const context& exchange::request_context() {
  if (!req.ctx_) {
    auto made = with_cancel(connection_->base_context());
    cancel_ = std::move(made.cancel);
    context_asked_ = true;
    req.ctx_ = std::move(made.ctx);
    if (body_.finished()) {
      start_watching();
    }
  }
  return *req.ctx_;
}

// With a request behind this one in the buffer there is no way to see that the client leaves but to read on without
// limit.
void exchange::start_watching() {
  if (!watching_ && in.empty() && !failure_ && !hijacked_) {
    watching_ = true;
    connection_->clear_read_deadline();
    watcher_.go([this] { watch(); });
  }
}

void exchange::watch() noexcept {
  std::error_code error;
  if (in.receive(error) == 0 && error != errc::timeout) {  // a timeout is stop_watching()
    cancel_();
  }
}

void exchange::stop_watching() noexcept {
  if (watching_) {
    connection_->interrupt_read();
    watcher_.wait();
    connection_->clear_read_deadline();
    watching_ = false;
  }
}

}  // namespace goro::http::detail
