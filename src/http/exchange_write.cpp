// The sending half of an exchange.
//
// The body is held back up to a size, so that what is small gets its length and leaves in one system call with the
// head. When more comes the head is composed, with the framing that is known by then, and everything is sent, without a
// copy of what the handler gave.
#include <array>

#include "goro/errc.hpp"
#include "goro/http/status.hpp"
#include "goro/panic.hpp"
#include "http/characters.hpp"
#include "http/connection.hpp"
#include "http/exchange.hpp"
#include "http/server_core.hpp"

namespace goro::http::detail {
namespace {

constexpr std::size_t held_back = 4096;

}  // namespace

bool exchange::body_allowed() const noexcept { return res.status_ >= 200 && res.status_ != 204 && res.status_ != 304; }

void exchange::choose_status(int code) {
  if (code < 100 || code > 999) {
    throw panic_error("http: invalid status code " + std::to_string(code));
  }
  if (hijacked_ || res.status_ != 0) {
    connection_->core().log(hijacked_ ? "http: response_writer::status on hijacked connection"
                                      : "http: superfluous response_writer::status call");
  } else if (code < 200 && code != 101) {
    send_informational(code);
  } else {
    res.status_ = code;
  }
}

void exchange::send_informational(int code) {
  if (code == 100) {
    continue_wanted_ = false;
  }
  if (!req.protocol_at_least_1_1()) {
    return;
  }
  head_.clear();
  append_status_line(code);
  for (const header_field field : res.headers_) {
    if (!same_ignoring_case(field.name, "content-length") && !same_ignoring_case(field.name, "transfer-encoding")) {
      append_field(field.name, field.value);
    }
  }
  head_ += "\r\n";
  const std::array<std::string_view, 1> pieces = {head_};
  std::error_code ignored;  // the next write meets it again
  send_pieces(pieces, ignored);
  head_.clear();
}

bool exchange::may_write(std::error_code& error) {
  if (hijacked_) {
    error = errc::hijacked;
  } else if (failure_) {
    error = failure_;
  } else if (res.status_ == 0) {
    res.status_ = 200;
  }
  return !error;
}

void exchange::write(std::string_view data, std::error_code& error) {
  if (!may_write(error) || data.empty()) {
    return;
  }
  if (!body_allowed()) {
    error = errc::body_not_allowed;
    return;
  }
  if (res.written_ == 0 && !res.head_sent_) {
    std::uint64_t length = 0;
    declared_ = parse_length(res.headers_.get("content-length"), length) ? static_cast<std::int64_t>(length) : -1;
  }
  if (declared_ >= 0 && res.written_ + data.size() > static_cast<std::uint64_t>(declared_)) {
    error = errc::content_length_exceeded;
    return;
  }
  res.written_ += data.size();
  if (pending_.size() + data.size() <= held_back) {
    pending_ += data;
  } else {
    send(data, false, error);
  }
}

void exchange::flush(std::error_code& error) {
  if (may_write(error)) {
    send({}, false, error);
  }
}

void exchange::write_file(int file, std::uint64_t offset, std::uint64_t count, std::error_code& error) {
  flush(error);
  if (error || req.method_ == "HEAD" || count == 0) {
    res.written_ += count;
    return;
  }
  if (!body_allowed() || framing_of_response_ == framing_of_response::chunked) {
    error = errc::body_not_allowed;  // the length of a file is known: who sends one declares it
    return;
  }
  const std::uint64_t sent = connection_->socket().send_file(file, offset, count, error);
  res.written_ += sent;
  if (error || sent < count) {
    failure_ = error ? error : make_error_code(errc::unexpected_end);
  }
}

void exchange::finish() {
  if (hijacked_) {
    return;
  }
  std::error_code error;
  if (may_write(error)) {
    send({}, true, error);
  }
  const bool whole = declared_ < 0 || req.method_ == "HEAD" || !body_allowed() ||
                     res.written_ == static_cast<std::uint64_t>(declared_);
  if (!whole && !failure_) {
    connection_->core().log("http: handler wrote less than the declared Content-Length");
    keep_alive_ = false;
  }
}

// Sends the head if that has not been done, what is pending, and `more`.
void exchange::send(std::string_view more, bool finished, std::error_code& error) {
  if (!res.head_sent_) {
    compose_head(more, finished);
    res.head_sent_ = true;
  }
  std::array<std::string_view, 5> pieces;
  std::size_t count = 0;
  const bool with_body = framing_of_response_ != framing_of_response::no_body;
  const std::size_t size = with_body ? pending_.size() + more.size() : 0;
  const bool chunked = framing_of_response_ == framing_of_response::chunked;
  if (chunked && size > 0) {
    append_number(size, 16);
    head_ += "\r\n";
  }
  const std::size_t before_body = head_.size();
  if (chunked) {
    if (size > 0) {
      head_ += "\r\n";
    }
    if (finished) {
      head_ += "0\r\n";
      append_trailers();
    }
  }
  pieces[count++] = std::string_view(head_).substr(0, before_body);
  if (size > 0) {
    pieces[count++] = pending_;
    pieces[count++] = more;
  }
  pieces[count++] = std::string_view(head_).substr(before_body);
  send_pieces(std::span(pieces).first(count), error);
  head_.clear();
  pending_.clear();
}

void exchange::send_pieces(std::span<const std::string_view> pieces, std::error_code& error) {
  std::array<net::conn::buffer, 5> buffers;
  std::size_t count = 0;
  for (const std::string_view piece : pieces) {
    if (!piece.empty()) {
      buffers[count++] = std::as_bytes(std::span(piece));
    }
  }
  if (count == 1) {
    connection_->socket().write(buffers[0], error);
  } else if (count > 1) {
    connection_->socket().write_buffers(std::span(buffers).first(count), error);
  }
  if (error) {
    failure_ = error;
    if (context_asked_) {
      cancel_();
    }
  }
}

void exchange::refuse(int status, std::string_view reason) {
  const std::string text = std::to_string(status) + " " + std::string(status_text(status)) +
                           (reason.empty() ? "" : ": " + std::string(reason));
  head_ = "HTTP/1.1 " + std::to_string(status) + " " + std::string(status_text(status)) +
          "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: " + std::to_string(text.size()) +
          "\r\nConnection: close\r\n\r\n" + text;
  const std::array<std::string_view, 1> pieces = {head_};
  std::error_code ignored;
  send_pieces(pieces, ignored);
  keep_alive_ = false;
}

}  // namespace goro::http::detail
