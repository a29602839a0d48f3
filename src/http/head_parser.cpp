#include "http/head_parser.hpp"

#include <cstring>

#include "http/characters.hpp"

namespace goro::http::detail {

head_event head_parser::next(std::string_view unread) noexcept {
  if (why_ != refusal::none) {
    taken_ = 0;
    return head_event::refused;
  }
  if (unread.size() == scanned_) {
    return incomplete(unread);
  }
  const void* const line_feed = std::memchr(unread.data() + scanned_, '\n', unread.size() - scanned_);
  if (line_feed == nullptr) {
    return incomplete(unread);
  }
  const auto length = static_cast<std::size_t>(static_cast<const char*>(line_feed) - unread.data());
  taken_ = length + 1;
  scanned_ = 0;
  total_ += taken_;
  if (total_ > max_bytes_) {
    return refuse(started_ || kind_ != head_kind::request ? refusal::head_too_large : refusal::target_too_long);
  }
  if (length == 0 || unread[length - 1] != '\r') {
    return refuse(refusal::bare_line_feed);
  }
  return parse_line(unread.substr(0, length - 1));
}

// Refuses as soon as it is certain: too much for a head, or something that never was HTTP (a TLS handshake, say).
head_event head_parser::incomplete(std::string_view unread) noexcept {
  taken_ = 0;
  scanned_ = unread.size();
  const bool in_request_line = !started_ && kind_ == head_kind::request;
  if (total_ + unread.size() >= max_bytes_) {
    return refuse(in_request_line ? refusal::target_too_long : refusal::head_too_large);
  }
  if (in_request_line && !unread.empty() && !is(unread[0], token_char) && unread[0] != '\r') {
    return refuse(refusal::bad_request_line);
  }
  return head_event::need_more;
}

head_event head_parser::parse_line(std::string_view line) noexcept {
  if (started_ || kind_ == head_kind::trailers) {
    return line.empty() ? head_event::end : parse_field(line);
  }
  if (kind_ == head_kind::response) {
    started_ = true;
    return parse_status_line(line);
  }
  if (line.empty() && !skipped_) {  // RFC 9112 section 2.2: some clients send one behind a body
    skipped_ = true;
    return head_event::skipped_line;
  }
  started_ = true;
  return parse_request_line(line);
}

head_event head_parser::parse_request_line(std::string_view line) noexcept {
  const std::size_t first_space = line.find(' ');
  const std::size_t last_space = line.rfind(' ');
  if (first_space == std::string_view::npos || first_space == last_space) {
    return refuse_line(line, refusal::bad_request_line);
  }
  first_ = line.substr(0, first_space);
  second_ = line.substr(first_space + 1, last_space - first_space - 1);
  if (!is_token(first_)) {
    return refuse_line(line, refusal::bad_method);
  }
  if (second_.empty() || !all(second_, target_char)) {
    return refuse_line(line, refusal::bad_target);
  }
  return parse_version(line.substr(last_space + 1)) ? head_event::start_line : head_event::refused;
}

head_event head_parser::parse_status_line(std::string_view line) noexcept {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) {
    return refuse_line(line, refusal::bad_status_line);
  }
  const std::string_view rest = line.substr(space + 1);
  const bool digits = rest.size() >= 3 && all(rest.substr(0, 3), digit_char);
  if (!digits || rest[0] == '0' || (rest.size() > 3 && rest[3] != ' ') || !all(rest, value_char)) {
    return refuse_line(line, refusal::bad_status_line);
  }
  status_ = (rest[0] - '0') * 100 + (rest[1] - '0') * 10 + (rest[2] - '0');
  second_ = rest.size() > 4 ? rest.substr(4) : std::string_view{};
  return parse_version(line.substr(0, space)) ? head_event::start_line : head_event::refused;
}

bool head_parser::parse_version(std::string_view text) noexcept {
  if (text.size() != 8 || text.substr(0, 5) != "HTTP/" || !is(text[5], digit_char) || text[6] != '.' ||
      !is(text[7], digit_char)) {
    refuse_line(text, refusal::bad_version);
    return false;
  }
  if (text[5] != '1') {
    refuse(refusal::unsupported_version);
    return false;
  }
  minor_version_ =
      text[7] == '0' ? 0 : 1;  // RFC 9110 section 2.5: a later minor version is read as the latest one known
  return true;
}

head_event head_parser::parse_field(std::string_view line) noexcept {
  if (is_blank(line[0])) {
    return refuse_line(line, refusal::folded_line);
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) {
    return refuse_line(line, refusal::missing_colon);
  }
  first_ = line.substr(0, colon);
  if (!is_token(first_)) {
    const bool blank = !first_.empty() && is_blank(first_.back());
    return refuse_line(line, blank ? refusal::space_before_colon : refusal::bad_field_name);
  }
  second_ = trim(line.substr(colon + 1));
  if (!all(second_, value_char)) {
    return refuse_line(line, refusal::bad_field_value);
  }
  return head_event::field;
}

head_event head_parser::refuse(refusal why) noexcept {
  why_ = why;
  return head_event::refused;
}

head_event head_parser::refuse_line(std::string_view line, refusal otherwise) noexcept {
  return refuse(line.find('\r') != std::string_view::npos ? refusal::bare_carriage_return : otherwise);
}

}  // namespace goro::http::detail
