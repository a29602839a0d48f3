// Base64 of RFC 4648 section 4, for `Authorization: Basic`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace goro::http::detail {

// Nothing when the text is not exactly what an encoder makes.
inline std::optional<std::string> decode_base64(std::string_view text) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  int count = 0;
  if (text.size() % 4 != 0) {
    return std::nullopt;
  }
  while (text.ends_with('=') && count < 2) {
    text.remove_suffix(1);
    ++count;
  }
  count = 0;
  for (const char c : text) {
    const std::size_t value = digits.find(c);
    if (value == std::string_view::npos) {
      return std::nullopt;
    }
    bits = bits << 6 | static_cast<unsigned>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xff);
    }
  }
  return out;
}

}  // namespace goro::http::detail
