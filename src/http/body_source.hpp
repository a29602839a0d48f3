// The body of a message that is being received, without what frames it.
#pragma once

#include <cstdint>
#include <span>
#include <system_error>

#include "goro/http/headers.hpp"
#include "http/chunk_parser.hpp"
#include "http/framing.hpp"
#include "http/head_parser.hpp"
#include "http/input.hpp"

namespace goro::http::detail {

class body_source {
 public:
  // A body that starts where the input's unread part does. Trailers are added to `trailers`.
  void start(body_kind kind, std::uint64_t length, headers* trailers) noexcept;
  // What is beyond so many bytes from here on is an error.
  void limit(std::uint64_t bytes) noexcept { allowed_ = bytes; }

  // As reader::read. An error is for good: the end of the body is not known any more.
  std::size_t read(input& in, std::span<char> to, std::error_code& error) noexcept;

  bool finished() const noexcept { return finished_; }
  bool failed() const noexcept { return static_cast<bool>(error_); }
  // Bytes that are certain to follow; 0 if that is not known.
  std::uint64_t known_left() const noexcept { return kind_ == body_kind::sized ? left_ : 0; }

 private:
  std::size_t read_sized(input& in, std::span<char> to) noexcept;
  std::size_t read_chunked(input& in, std::span<char> to) noexcept;
  std::size_t read_until_close(input& in, std::span<char> to) noexcept;
  std::size_t receive(input& in, std::span<char> to) noexcept;
  bool receive_more(input& in) noexcept;
  bool find_chunk(input& in) noexcept;
  void read_trailers(input& in) noexcept;

  chunk_parser chunks_;
  headers* trailers_ = nullptr;
  std::uint64_t left_ = 0;
  std::uint64_t allowed_ = UINT64_MAX;
  std::error_code error_;
  body_kind kind_ = body_kind::none;
  bool finished_ = true;
};

}  // namespace goro::http::detail
