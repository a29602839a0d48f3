#include "http/body_source.hpp"

#include <algorithm>

#include "goro/errc.hpp"

namespace goro::http::detail {
namespace {

constexpr std::size_t max_trailer_bytes = std::size_t{16} << 10;

std::span<char> at_most(std::span<char> to, std::uint64_t bytes) noexcept {
  return to.first(static_cast<std::size_t>(std::min<std::uint64_t>(to.size(), bytes)));
}

}  // namespace

void body_source::start(body_kind kind, std::uint64_t length, headers* trailers) noexcept {
  chunks_ = {};
  trailers_ = trailers;
  left_ = length;
  allowed_ = UINT64_MAX;
  error_ = {};
  kind_ = kind;
  finished_ = kind == body_kind::none;
}

std::size_t body_source::read(input& in, std::span<char> to, std::error_code& error) noexcept {
  if (!error_ && !finished_ && !to.empty()) {
    if (allowed_ == 0 && (kind_ != body_kind::chunked || find_chunk(in)) && !finished_) {
      error_ = errc::body_too_large;
    }
    to = at_most(to, allowed_);
    std::size_t n = 0;
    if (!error_ && !finished_) {
      n = kind_ == body_kind::sized     ? read_sized(in, to)
          : kind_ == body_kind::chunked ? read_chunked(in, to)
                                        : read_until_close(in, to);
    }
    if (allowed_ != UINT64_MAX) {
      allowed_ -= n;
    }
    if (n > 0) {
      return n;  // an error that came behind it is for the next call
    }
  }
  error = error_;
  return 0;
}

std::size_t body_source::receive(input& in, std::span<char> to) noexcept {
  const std::size_t n = in.read(to, error_);
  if (n == 0 && !error_) {
    error_ = errc::unexpected_end;
  }
  return n;
}

bool body_source::receive_more(input& in) noexcept {
  if (in.receive(error_) == 0 && !error_) {
    error_ = errc::unexpected_end;
  }
  return !error_;
}

std::size_t body_source::read_sized(input& in, std::span<char> to) noexcept {
  const std::size_t n = receive(in, at_most(to, left_));
  left_ -= n;
  finished_ = left_ == 0;
  return n;
}

std::size_t body_source::read_chunked(input& in, std::span<char> to) noexcept {
  if (!find_chunk(in) || finished_) {
    return 0;
  }
  const std::size_t n = receive(in, at_most(to, chunks_.left()));
  chunks_.skip(n);
  return n;
}

// Until data follows, or the body's end has been read.
bool body_source::find_chunk(input& in) noexcept {
  while (!error_ && !finished_ && chunks_.left() == 0) {
    const chunk_event event = chunks_.next(in.unread());
    in.consume(chunks_.taken());
    if (event == chunk_event::need_more) {
      receive_more(in);
    } else if (event == chunk_event::end) {
      read_trailers(in);
    } else if (event == chunk_event::refused) {
      error_ = errc::malformed_message;
    }
  }
  return !error_;
}

void body_source::read_trailers(input& in) noexcept {
  head_parser parser(head_kind::trailers, max_trailer_bytes);
  while (!error_ && !finished_) {
    const head_event event = parser.next(in.unread());
    if (event == head_event::need_more) {
      receive_more(in);
    } else if (event == head_event::refused ||
               (event == head_event::field && check_trailer(parser.name()) != refusal::none)) {
      error_ = errc::malformed_message;
    } else if (event == head_event::field && trailers_ != nullptr) {
      trailers_->add(parser.name(), parser.value());
    }
    in.consume(parser.taken());
    finished_ = event == head_event::end;
  }
}

std::size_t body_source::read_until_close(input& in, std::span<char> to) noexcept {
  const std::size_t n = in.read(to, error_);
  finished_ = n == 0 && !error_;
  return n;
}

}  // namespace goro::http::detail
