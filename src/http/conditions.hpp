// Conditional requests and ranges (RFC 9110 sections 13 and 14), apart from any file.
#pragma once

#include <cstdint>
#include <string_view>

#include "goro/http/headers.hpp"

namespace goro::http::detail {

struct validators {
  std::string_view etag;  // with its quotes
  std::int64_t modified;  // seconds since 1970
};

enum class condition_outcome : std::uint8_t { holds, not_modified, failed };

// Of If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since, in the order of section 13.2.2.
condition_outcome check_conditions(const headers& request, bool get_or_head, const validators& v) noexcept;

enum class range_outcome : std::uint8_t { whole, part, not_satisfiable };

struct byte_range {
  std::uint64_t begin = 0;
  std::uint64_t size = 0;
};

// What a Range field (if If-Range lets it count) asks of a representation of this size.
range_outcome choose_range(const headers& request, std::uint64_t size, const validators& v, byte_range& range) noexcept;

}  // namespace goro::http::detail
