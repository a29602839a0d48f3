// Reads requests from a text with goro's parsers, as the server does from a connection.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/chunk_parser.hpp"
#include "http/framing.hpp"
#include "http/head_parser.hpp"
#include "http/target.hpp"

namespace goro::http::detail {

struct whole_request {
  refusal why = refusal::none;
  bool complete = false;
  std::string method, target, body;
  std::vector<std::pair<std::string, std::string>> fields, trailers;
  int minor_version = 0;
  bool keep_alive = false;
  bool operator==(const whole_request&) const = default;
};

// Feeds a parser with a text that arrives `step` bytes at a time.
class request_feeder {
 public:
  request_feeder(std::string_view text, std::size_t step) : text_(text), step_(step) {}

  // The next request. Not complete: the text has ended, or it was refused.
  whole_request next(std::size_t max_head = 1 << 16) {
    whole_request result;
    framing frame;
    if (!read_head(head_parser(head_kind::request, max_head), result, &frame)) {
      return result;
    }
    result.why = frame.finish_request(result.method, result.minor_version);
    request_target target;
    if (result.why == refusal::none && !parse_target(result.method, result.target, target)) {
      result.why = refusal::bad_target;
    }
    if (result.why == refusal::none) {
      result.keep_alive = frame.keep_alive();
      result.complete = frame.body() == body_kind::chunked ? read_chunks(result) : read_sized(frame.length(), result);
    }
    return result;
  }

  std::string_view rest() const { return text_.substr(at_); }

 private:
  std::string_view unread() const { return text_.substr(at_, there_ - at_); }
  bool receive() {
    if (there_ == text_.size()) {
      return false;
    }
    there_ = there_ + step_ < text_.size() ? there_ + step_ : text_.size();
    return true;
  }

  bool read_head(head_parser parser, whole_request& result, framing* frame) {
    for (;;) {
      const head_event event = parser.next(unread());
      if (event == head_event::refused) {
        result.why = parser.why();
        return false;
      }
      if (event == head_event::need_more && !receive()) {
        return false;
      }
      if (event == head_event::start_line) {
        result.method = parser.method();
        result.target = parser.target();
        result.minor_version = parser.minor_version();
      } else if (event == head_event::field) {
        (frame != nullptr ? result.fields : result.trailers).emplace_back(parser.name(), parser.value());
        result.why = frame != nullptr ? frame->note(parser.name(), parser.value()) : check_trailer(parser.name());
        if (result.why != refusal::none) {
          return false;
        }
      }
      at_ += parser.taken();
      if (event == head_event::end) {
        return true;
      }
    }
  }

  bool read_sized(std::uint64_t length, whole_request& result) {
    while (there_ - at_ < length && receive()) {
    }
    if (there_ - at_ < length) {
      return false;
    }
    result.body = text_.substr(at_, length);
    at_ += length;
    return true;
  }

  bool read_chunks(whole_request& result) {
    chunk_parser parser;
    for (;;) {
      while (parser.left() > 0) {
        const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(parser.left(), there_ - at_));
        if (n == 0 && !receive()) {
          return false;
        }
        result.body += text_.substr(at_, n);
        at_ += n;
        parser.skip(n);
      }
      const chunk_event event = parser.next(unread());
      at_ += parser.taken();
      if (event == chunk_event::refused) {
        result.why = parser.why();
        return false;
      }
      if (event == chunk_event::end) {
        return read_head(head_parser(head_kind::trailers, 4096), result, nullptr);
      }
      if (event == chunk_event::need_more && !receive()) {
        return false;
      }
    }
  }

  std::string_view text_;
  std::size_t step_;
  std::size_t at_ = 0;
  std::size_t there_ = 0;
};

}  // namespace goro::http::detail
