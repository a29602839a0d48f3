// The head of a response: what the handler has set, and what goro decides, which is where the body ends and whether the
// connection outlives it. It is composed when the first bytes leave, from what is known by then.
#include <array>
#include <charconv>

#include "base/wall_clock.hpp"
#include "goro/http/status.hpp"
#include "http/characters.hpp"
#include "http/connection.hpp"
#include "http/exchange.hpp"
#include "http/media_type.hpp"
#include "http/server_core.hpp"

namespace goro::http::detail {

void exchange::append_number(std::uint64_t value, int base) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr;
  head_.append(digits.data(), end);
}

void exchange::append_status_line(int code) {
  head_ += req.protocol_at_least_1_1() ? "HTTP/1.1 " : "HTTP/1.0 ";
  append_number(static_cast<std::uint64_t>(code));
  head_ += ' ';
  const std::string_view text = status_text(code);
  if (text.empty()) {
    head_ += "status code ";
    append_number(static_cast<std::uint64_t>(code));
  } else {
    head_ += text;
  }
  head_ += "\r\n";
}

// A value cannot end its line, whatever the handler has put into it.
void exchange::append_field(std::string_view name, std::string_view value) {
  if (!is_token(name)) {
    return;
  }
  head_ += name;
  head_ += ": ";
  for (const char c : value) {
    head_ += is(c, value_char) ? c : ' ';
  }
  head_ += "\r\n";
}

void exchange::compose_head(std::string_view more, bool finished) {
  drain_body();
  head_.clear();
  append_status_line(res.status_);
  if (res.headers_.has_token("connection", "close") || !connection_->core().keep_alives()) {
    keep_alive_ = false;
  }
  decide_framing(finished);
  append_fields(res.headers_);
  if (framing_of_response_ == framing_of_response::chunked) {
    head_ += "Transfer-Encoding: chunked\r\n";
    if (!res.trailer_.empty() && !res.headers_.contains("trailer")) {
      head_ += "Trailer: ";
      for (std::size_t i = 0; i < res.trailer_.size(); ++i) {
        head_ += i > 0 ? ", " : "";
        head_ += res.trailer_[i].name;
      }
      head_ += "\r\n";
    }
  }
  if (body_allowed() && !res.headers_.contains("content-type") && !res.headers_.contains("content-encoding") &&
      pending_.size() + more.size() > 0) {
    append_field("Content-Type", sniff_media_type(pending_.empty() ? more : pending_));
  }
  decide_connection(res.headers_.contains("date"));
  head_ += "\r\n";
}

void exchange::decide_framing(bool finished) {
  const bool head = req.method_ == "HEAD";
  std::uint64_t length = 0;
  const std::string_view given = res.headers_.get("content-length");
  const bool valid = parse_length(given, length) && res.headers_.values("content-length").size() == 1;
  if (res.headers_.contains("content-length") && !valid) {
    connection_->core().log("http: invalid Content-Length set by handler");
    res.headers_.erase("content-length");
  }
  if (!body_allowed()) {
    framing_of_response_ = framing_of_response::no_body;
    if (res.status_ != 304) {
      res.headers_.erase("content-length");
    }
    return;
  }
  declared_ = valid ? static_cast<std::int64_t>(length) : -1;
  if (!valid && finished && res.trailer_.empty() && (!head || !pending_.empty())) {
    declared_ = static_cast<std::int64_t>(pending_.size());
    head_ += "Content-Length: ";
    append_number(pending_.size());
    head_ += "\r\n";
  }
  if (head) {
    framing_of_response_ = framing_of_response::no_body;
  } else if (declared_ >= 0) {
    framing_of_response_ = framing_of_response::sized;
  } else if (req.protocol_at_least_1_1()) {
    framing_of_response_ = framing_of_response::chunked;
  } else {
    framing_of_response_ = framing_of_response::until_close;
    keep_alive_ = false;
  }
}

void exchange::decide_connection(bool has_date) {
  if (!has_date) {
    if (const std::int64_t now = base::unix_seconds(); now != date_of_) {
      write_date(now, date_);
      date_of_ = now;
    }
    head_ += "Date: ";
    head_.append(date_, date_size);
    head_ += "\r\n";
  }
  const bool upgraded = res.status_ == 101;
  if (!keep_alive_ && req.protocol_at_least_1_1() && !upgraded) {
    head_ += "Connection: close\r\n";
  } else if (keep_alive_ && !req.protocol_at_least_1_1()) {
    head_ += "Connection: keep-alive\r\n";
  }
}

// All but those that are goro's to decide.
void exchange::append_fields(const headers& fields) {
  for (const header_field field : fields) {
    const bool ours = same_ignoring_case(field.name, "transfer-encoding") ||
                      (same_ignoring_case(field.name, "connection") && has_token(field.value, "close"));
    const bool suppressed = field.value.empty() &&
                            (same_ignoring_case(field.name, "content-type") || same_ignoring_case(field.name, "date"));
    if (!ours && !suppressed) {
      append_field(field.name, field.value);
    }
  }
}

void exchange::append_trailers() {
  for (const header_field field : res.trailer_) {
    if (check_trailer(field.name) == refusal::none) {
      append_field(field.name, field.value);
    }
  }
  head_ += "\r\n";
}

}  // namespace goro::http::detail
