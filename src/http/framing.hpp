// Where a message ends, and whether the connection outlives it: what its start line and fields say together (RFC 9112
// sections 6, 7, 9).
//
// Two answers to "where does it end" would be one request too many for somebody, so everything that could have two is
// refused: more than one Content-Length (also of the same value), a Transfer-Encoding other than one field with the one
// word "chunked", both together, a coding in HTTP/1.0, content of a CONNECT request.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/refusal.hpp"

namespace goro::http::detail {

enum class body_kind : std::uint8_t { none, sized, chunked, until_close };

class framing {
 public:
  // Takes note of a field, in order of arrival.
  refusal note(std::string_view name, std::string_view value) noexcept;

  // All fields have been noted.
  refusal finish_request(std::string_view method, int minor_version) noexcept;
  refusal finish_response(bool to_head_request, int status, int minor_version) noexcept;

  body_kind body() const noexcept { return body_; }
  std::uint64_t length() const noexcept { return length_; }  // of a sized body
  bool has_length() const noexcept { return has_length_; }   // a Content-Length was there, body or not
  bool keep_alive() const noexcept { return keep_alive_; }   // the sender is ready for another message
  bool expects_continue() const noexcept { return expects_continue_; }

 private:
  refusal note_length(std::string_view value) noexcept;
  refusal note_coding(std::string_view value) noexcept;
  refusal note_host(std::string_view value) noexcept;
  void note_connection(std::string_view value) noexcept;
  refusal check_length_against_coding(int minor_version) const noexcept;
  void decide_keep_alive(int minor_version) noexcept;

  std::uint64_t length_ = 0;
  body_kind body_ = body_kind::none;
  bool has_length_ = false;
  bool chunked_ = false;
  bool has_host_ = false;
  bool close_ = false;
  bool keep_ = false;
  bool keep_alive_ = false;
  bool expects_continue_ = false;
  bool bad_expectation_ = false;
};

// May a field stand behind the body? Not if it would have said where the body ends, or to whom the request goes.
refusal check_trailer(std::string_view name) noexcept;

// A whole Content-Length: decimal digits below 2^63 and nothing else.
bool parse_length(std::string_view text, std::uint64_t& length) noexcept;

}  // namespace goro::http::detail
