// Conditional requests (RFC 9110 section 13), apart from any file.
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

}  // namespace goro::http::detail
