// The head of a message, pulled out of the receiver's buffer line by line: the request or status line, the fields, the
// empty line. Also the trailers behind a chunked body, which are a head without a first line.
//
// Nothing is copied and nothing allocated: events refer to the buffer. Strict by intent, since whatever two programs in
// a row read differently can be used to smuggle a request past the first: a line ends with CR LF and has neither
// inside, there is one space where one is required, no folding, no blank before a colon, no control character anywhere.
// What a line may mean beyond that is not decided here (framing.hpp).
//
//   for (;;) {
//     const auto event = parser.next(buffer.unread());
//     if (event == head_event::need_more) { receive more behind what is there; continue; }
//     …use the event's views…;  buffer.consume(parser.taken());
//   }
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/refusal.hpp"

namespace goro::http::detail {

enum class head_kind : std::uint8_t { request, response, trailers };

enum class head_event : std::uint8_t {
  need_more,     // the buffer ends within a line
  skipped_line,  // an empty line before a request; at most one
  start_line,    // method(), target(), minor_version(); or status(), reason(), minor_version()
  field,         // name(), value()
  end,           // the empty line
  refused,       // why(); for good
};

class head_parser {
 public:
  // More than max_bytes for the whole head is refused.
  head_parser(head_kind kind, std::size_t max_bytes) noexcept : max_bytes_(max_bytes), kind_(kind) {}

  // The next event of a head whose unread part starts the buffer.
  head_event next(std::string_view unread) noexcept;

  // Bytes of the buffer that the last event took: to be removed from its front before the next call. 0 after need_more.
  std::size_t taken() const noexcept { return taken_; }

  std::string_view method() const noexcept { return first_; }
  std::string_view target() const noexcept { return second_; }
  std::string_view name() const noexcept { return first_; }
  std::string_view value() const noexcept { return second_; }
  std::string_view reason() const noexcept { return second_; }
  int status() const noexcept { return status_; }
  int minor_version() const noexcept { return minor_version_; }  // 0 for HTTP/1.0, 1 for 1.1 and above
  refusal why() const noexcept { return why_; }

 private:
  head_event incomplete(std::string_view unread) noexcept;
  head_event parse_line(std::string_view line) noexcept;
  head_event parse_request_line(std::string_view line) noexcept;
  head_event parse_status_line(std::string_view line) noexcept;
  head_event parse_field(std::string_view line) noexcept;
  bool parse_version(std::string_view text) noexcept;
  head_event refuse(refusal why) noexcept;
  head_event refuse_line(std::string_view line, refusal otherwise) noexcept;

  std::string_view first_;
  std::string_view second_;
  std::size_t max_bytes_;
  std::size_t total_ = 0;    // bytes of the head in events before
  std::size_t scanned_ = 0;  // of the unread part: known to have no line feed
  std::size_t taken_ = 0;
  int status_ = 0;
  int minor_version_ = 0;
  head_kind kind_;
  refusal why_ = refusal::none;
  bool started_ = false;  // the start line has been seen
  bool skipped_ = false;  // an empty line before it has been seen
};

}  // namespace goro::http::detail
