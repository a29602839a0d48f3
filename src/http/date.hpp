// Dates of HTTP: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace goro::http::detail {

inline constexpr std::size_t date_size = 29;

// Writes date_size characters.
void write_date(std::int64_t unix_seconds, char* out) noexcept;
std::string format_date(std::int64_t unix_seconds);

// Also the two obsolete forms, which a recipient has to accept.
std::optional<std::int64_t> parse_date(std::string_view text) noexcept;

}  // namespace goro::http::detail
