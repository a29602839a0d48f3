// Which bytes may stand where in an HTTP/1.1 message (RFC 9110 section 5, RFC 9112), as one table of bits.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace goro::http::detail {

enum character_class : std::uint8_t {
  token_char = 1,  // of a method or a field name
  value_char =
      2,  // of a field value: visible, space, tab, and bytes from 0x80 on, whose meaning is the receiver's affair
  target_char = 4,  // of a request target: visible ASCII but '#', which no target has
  host_char = 8,    // of a host with port, percent-encoded or an IP literal
  digit_char = 16,
  hex_char = 32,
};

constexpr std::array<std::uint8_t, 256> make_character_table() {
  std::array<std::uint8_t, 256> table{};
  const auto mark = [&table](std::string_view characters, unsigned bits) {
    for (const char c : characters) {
      table[static_cast<unsigned char>(c)] |= static_cast<std::uint8_t>(bits);
    }
  };
  for (unsigned c = 0x21; c < 0x100; ++c) {
    if (c != 0x7f) {
      table[c] |= value_char;
    }
    if (c < 0x7f && c != '#') {
      table[c] |= target_char;
    }
  }
  mark(" \t", value_char);
  mark("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", token_char | host_char);
  mark("!#$%&'*+-.^_`|~", token_char);
  mark("-._~!$&'()*+,;=%:[]", host_char);
  mark("0123456789", digit_char | hex_char);
  mark("abcdefABCDEF", hex_char);
  return table;
}

inline constexpr std::array<std::uint8_t, 256> character_table = make_character_table();

constexpr bool is(char c, std::uint8_t characters) noexcept {
  return (character_table[static_cast<unsigned char>(c)] & characters) != 0;
}

constexpr bool all(std::string_view text, std::uint8_t characters) noexcept {
  for (const char c : text) {
    if (!is(c, characters)) {
      return false;
    }
  }
  return true;
}

constexpr bool is_token(std::string_view text) noexcept { return !text.empty() && all(text, token_char); }

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

constexpr std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_blank(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr char upper(char c) noexcept { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

constexpr bool same_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) {
    return false;
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) {
      return false;
    }
  }
  return true;
}

constexpr int hex_value(char c) noexcept {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

// Calls f(element) for each element of a comma-separated list, trimmed; empty ones are passed over (RFC 9110 section
// 5.6.1.2).
template <class F>
void for_each_element(std::string_view list, F f) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view element = trim(list.substr(0, comma));
    if (!element.empty()) {
      f(element);
    }
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
}

// Is `token` one of the list's elements, whatever its case?
inline bool has_token(std::string_view list, std::string_view token) noexcept {
  bool found = false;
  for_each_element(list, [&](std::string_view element) { found = found || same_ignoring_case(element, token); });
  return found;
}

}  // namespace goro::http::detail
