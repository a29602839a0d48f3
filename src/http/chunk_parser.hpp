// What stands between the data of a chunked body: the sizes, pulled out of the receiver's buffer. After a size the
// receiver takes that many bytes of data, wherever it wants them, and says so with skip(). What follows the last chunk
// (trailers, an empty line) is a head of its own (head_kind::trailers).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/refusal.hpp"

namespace goro::http::detail {

enum class chunk_event : std::uint8_t {
  need_more,  // the buffer ends within a size line or between chunks
  size,       // a chunk begins: left() bytes of data follow
  end,        // the last chunk has been read: trailers follow
  refused,    // why(); for good
};

class chunk_parser {
 public:
  // The next event of a body whose unread part starts the buffer. Not while data is left.
  chunk_event next(std::string_view unread) noexcept;

  std::size_t taken() const noexcept { return taken_; }  // as head_parser's
  refusal why() const noexcept { return why_; }

  // Bytes of data that follow before the next event.
  std::uint64_t left() const noexcept { return state_ == state::in_data ? left_ : 0; }
  void skip(std::uint64_t bytes) noexcept;

 private:
  enum class state : std::uint8_t {
    before_size,  // → in_data by a size, → ended by size zero
    in_data,      // → after_data when left_ is 0
    after_data,   // → before_size by CR LF
    ended,
  };

  chunk_event parse_size_line(std::string_view unread) noexcept;
  chunk_event take_line_end(std::string_view unread) noexcept;
  bool pays_for(std::size_t line_bytes) noexcept;
  chunk_event refuse(refusal why) noexcept;

  std::uint64_t left_ = 0;
  std::size_t taken_ = 0;
  std::size_t overhead_ = 0;
  state state_ = state::before_size;
  refusal why_ = refusal::none;
};

}  // namespace goro::http::detail
