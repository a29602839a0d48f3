#include "http/framing.hpp"

#include <algorithm>

#include "http/characters.hpp"

namespace goro::http::detail {

bool parse_length(std::string_view text, std::uint64_t& length) noexcept {
  if (text.empty() || !all(text, digit_char)) {
    return false;
  }
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
  if (text.size() > 19) {  // so many fit into 64 bits
    return false;
  }
  length = 0;
  for (const char c : text) {
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return length <= INT64_MAX;
}

refusal check_trailer(std::string_view name) noexcept {
  for (const std::string_view forbidden : {"content-length", "transfer-encoding", "host", "trailer", "connection"}) {
    if (same_ignoring_case(name, forbidden)) {
      return refusal::forbidden_trailer;
    }
  }
  return refusal::none;
}

refusal framing::note(std::string_view name, std::string_view value) noexcept {
  switch (name.size()) {  // few fields pass
    case 4:
      return same_ignoring_case(name, "host") ? note_host(value) : refusal::none;
    case 6:
      if (same_ignoring_case(name, "expect")) {
        expects_continue_ = same_ignoring_case(value, "100-continue");
        bad_expectation_ = bad_expectation_ || !expects_continue_;
      }
      return refusal::none;
    case 10:
      if (same_ignoring_case(name, "connection")) {
        note_connection(value);
      }
      return refusal::none;
    case 14:
      return same_ignoring_case(name, "content-length") ? note_length(value) : refusal::none;
    case 17:
      return same_ignoring_case(name, "transfer-encoding") ? note_coding(value) : refusal::none;
    default:
      return refusal::none;
  }
}

refusal framing::note_length(std::string_view value) noexcept {
  if (has_length_) {
    return refusal::repeated_length;
  }
  has_length_ = true;
  return parse_length(value, length_) ? refusal::none : refusal::bad_length;
}

// A single "chunked" passes. A list in which it is not the last, or twice, or that is none, is bad; another coding
// alone or before "chunked" is one that could be right and is not supported.
refusal framing::note_coding(std::string_view value) noexcept {
  if (chunked_) {
    return refusal::bad_coding;
  }
  if (same_ignoring_case(value, "chunked")) {
    chunked_ = true;
    return refusal::none;
  }
  bool tokens = true;
  int count = 0;
  int chunked_at = 0;
  for_each_element(value, [&](std::string_view coding) {
    tokens = tokens && is_token(coding.substr(0, coding.find(';')));
    ++count;
    if (same_ignoring_case(coding, "chunked")) {
      chunked_at = chunked_at == 0 ? count : -1;
    }
  });
  const bool could_be_right = tokens && count > 0 && (chunked_at == 0 || (chunked_at == count && count > 1));
  return could_be_right ? refusal::unsupported_coding : refusal::bad_coding;
}

refusal framing::note_host(std::string_view value) noexcept {
  if (has_host_) {
    return refusal::repeated_host;
  }
  has_host_ = true;
  return all(value, host_char) ? refusal::none : refusal::bad_host;
}

void framing::note_connection(std::string_view value) noexcept {
  for_each_element(value, [this](std::string_view option) {
    close_ = close_ || same_ignoring_case(option, "close");
    keep_ = keep_ || same_ignoring_case(option, "keep-alive");
  });
}

refusal framing::check_length_against_coding(int minor_version) const noexcept {
  if (chunked_ && has_length_) {
    return refusal::length_with_coding;
  }
  return chunked_ && minor_version == 0 ? refusal::coding_in_old_version : refusal::none;
}

void framing::decide_keep_alive(int minor_version) noexcept { keep_alive_ = !close_ && (minor_version > 0 || keep_); }

refusal framing::finish_request(std::string_view method, int minor_version) noexcept {
  if (const refusal why = check_length_against_coding(minor_version); why != refusal::none) {
    return why;
  }
  if (method == "CONNECT" && (chunked_ || length_ > 0)) {  // for some the tunnel's first bytes: RFC 9110 section 9.3.6
    return refusal::content_of_connect;
  }
  if (minor_version > 0 && !has_host_) {
    return refusal::missing_host;
  }
  if (bad_expectation_) {
    return refusal::bad_expectation;
  }
  expects_continue_ = expects_continue_ && minor_version > 0;
  body_ = chunked_ ? body_kind::chunked : has_length_ && length_ > 0 ? body_kind::sized : body_kind::none;
  decide_keep_alive(minor_version);
  return refusal::none;
}

refusal framing::finish_response(bool to_head_request, int status, int minor_version) noexcept {
  if (const refusal why = check_length_against_coding(minor_version); why != refusal::none) {
    return why;
  }
  decide_keep_alive(minor_version);
  if (to_head_request || status < 200 || status == 204 || status == 304) {
    body_ = body_kind::none;
  } else if (chunked_) {
    body_ = body_kind::chunked;
  } else if (has_length_) {
    body_ = length_ > 0 ? body_kind::sized : body_kind::none;
  } else {
    body_ = body_kind::until_close;
    keep_alive_ = false;
  }
  return refusal::none;
}

}  // namespace goro::http::detail
