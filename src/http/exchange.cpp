#include "http/exchange.hpp"

#include "goro/errc.hpp"
#include "http/connection.hpp"

namespace goro::http::detail {

exchange::exchange() = default;
exchange::~exchange() = default;

void exchange::attach(connection& c) noexcept {
  connection_ = &c;
  in.attach(&c.socket());
  res.exchange_ = this;
  failure_ = {};
  hijacked_ = false;
  keep_alive_ = false;
}

void exchange::detach() noexcept {
  connection_ = nullptr;
  in.clear();
  in.attach(nullptr);
  req.clear();
  res.clear();
  for (std::string* const text : {&head_, &pending_}) {
    if (text->capacity() > 16384) {
      *text = {};
    }
  }
}

void exchange::end() noexcept {
  stop_watching();
  if (context_asked_) {
    cancel_();
    cancel_ = {};
    context_asked_ = false;
  }
  req.ctx_.reset();
}

hijacked_conn exchange::hijack() {
  if (hijacked_ || res.head_sent_) {
    throw std::system_error(hijacked_ ? errc::hijacked : errc::body_not_allowed, "hijack");
  }
  stop_watching();
  hijacked_ = true;
  keep_alive_ = false;
  net::conn taken = connection_->give_away();
  hijacked_conn result{std::move(taken), std::string(in.unread())};
  in.consume(in.unread().size());
  return result;
}

}  // namespace goro::http::detail
