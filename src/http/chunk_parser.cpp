#include "http/chunk_parser.hpp"

#include <algorithm>
#include <cstring>

#include "http/characters.hpp"

namespace goro::http::detail {
namespace {

constexpr std::size_t max_size_line = 4096;
constexpr std::size_t max_overhead = std::size_t{16} << 10;
constexpr std::size_t max_digits = 15;  // any such size fits into 63 bits; leading zeros count

std::size_t count_digits(std::string_view line) noexcept {
  std::size_t n = 0;
  while (n < line.size() && is(line[n], hex_char)) {
    ++n;
  }
  return n;
}

std::string_view without_blanks(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) {
    text.remove_prefix(1);
  }
  return text;
}

// The length of the token or quoted string that starts the text; 0 if none does.
std::size_t word_length(std::string_view text, bool may_be_quoted) noexcept {
  std::size_t n = 0;
  if (!may_be_quoted || !text.starts_with('"')) {
    while (n < text.size() && is(text[n], token_char)) {
      ++n;
    }
    return n;
  }
  bool escaped = false;
  for (n = 1; n < text.size() && is(text[n], value_char); ++n) {
    if (text[n] == '"' && !escaped) {
      return n + 1;
    }
    escaped = text[n] == '\\' && !escaped;
  }
  return 0;
}

// RFC 9112 section 7.1.1: any number of `;name` and `;name=value`, with blanks around `;` and `=`.
bool are_extensions(std::string_view text) noexcept {
  while (!text.empty()) {
    text = without_blanks(text);
    if (!text.starts_with(';')) {
      return false;
    }
    text = without_blanks(text.substr(1));
    const std::size_t name = word_length(text, false);
    if (name == 0) {
      return false;
    }
    text.remove_prefix(name);
    if (const std::string_view behind = without_blanks(text); behind.starts_with('=')) {
      text = without_blanks(behind.substr(1));
      const std::size_t value = word_length(text, true);
      if (value == 0) {
        return false;
      }
      text.remove_prefix(value);
    }
  }
  return true;
}

}  // namespace

chunk_event chunk_parser::next(std::string_view unread) noexcept {
  taken_ = 0;
  if (why_ != refusal::none) {
    return chunk_event::refused;
  }
  switch (state_) {
    case state::before_size:
      return parse_size_line(unread);
    case state::after_data:
      return take_line_end(unread);
    case state::in_data:
    case state::ended:
      break;
  }
  return chunk_event::end;
}

void chunk_parser::skip(std::uint64_t bytes) noexcept {
  left_ -= bytes;
  if (left_ == 0) {
    state_ = state::after_data;
  }
}

chunk_event chunk_parser::parse_size_line(std::string_view unread) noexcept {
  if (unread.empty()) {
    return chunk_event::need_more;
  }
  const void* const line_feed = std::memchr(unread.data(), '\n', std::min(unread.size(), max_size_line));
  if (line_feed == nullptr) {
    if (!is(unread[0], hex_char)) {
      return refuse(refusal::bad_chunk_size);
    }
    return unread.size() >= max_size_line ? refuse(refusal::too_much_chunk_overhead) : chunk_event::need_more;
  }
  const auto length = static_cast<std::size_t>(static_cast<const char*>(line_feed) - unread.data());
  if (length == 0 || unread[length - 1] != '\r') {
    return refuse(refusal::bare_line_feed);
  }
  const std::string_view line = unread.substr(0, length - 1);
  const std::size_t digits = count_digits(line);
  if (digits == 0 || digits > max_digits) {
    return refuse(refusal::bad_chunk_size);
  }
  const std::string_view rest = line.substr(digits);
  if (!are_extensions(rest)) {
    return refuse(without_blanks(rest).starts_with(';') ? refusal::bad_chunk_extension : refusal::bad_chunk_size);
  }
  left_ = 0;
  for (const char c : line.substr(0, digits)) {
    left_ = left_ << 4 | static_cast<std::uint64_t>(hex_value(c));
  }
  if (!pays_for(length + 1)) {
    return refuse(refusal::too_much_chunk_overhead);
  }
  taken_ = length + 1;
  state_ = left_ > 0 ? state::in_data : state::ended;
  return left_ > 0 ? chunk_event::size : chunk_event::end;
}

// Long extensions and tiny chunks make the receiver work for nothing. 16 bytes of overhead a chunk and one for each
// byte of data are free; what is beyond adds up.
bool chunk_parser::pays_for(std::size_t line_bytes) noexcept {
  const std::uint64_t free = left_ > max_overhead ? max_overhead : left_ + 16;
  overhead_ += line_bytes;
  overhead_ -= std::min<std::uint64_t>(overhead_, free);
  return overhead_ <= max_overhead;
}

chunk_event chunk_parser::take_line_end(std::string_view unread) noexcept {
  constexpr std::string_view line_end = "\r\n";
  if (unread.substr(0, 2) != line_end.substr(0, std::min<std::size_t>(unread.size(), 2))) {
    return refuse(refusal::bad_chunk_end);
  }
  if (unread.size() < 2) {
    return chunk_event::need_more;
  }
  state_ = state::before_size;
  const chunk_event event = parse_size_line(unread.substr(2));
  if (event == chunk_event::need_more) {
    state_ = state::after_data;  // the line end is looked at again with what follows
  } else {
    taken_ += 2;
  }
  return event;
}

chunk_event chunk_parser::refuse(refusal why) noexcept {
  taken_ = 0;
  why_ = why;
  return chunk_event::refused;
}

}  // namespace goro::http::detail
