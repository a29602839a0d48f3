// Why a message is refused, and with which status a server says so.
#pragma once

#include <cstdint>
#include <string_view>

namespace goro::http::detail {

enum class refusal : std::uint8_t {
  none,
  bad_request_line,
  bad_method,
  bad_target,
  bad_version,
  unsupported_version,
  bad_status_line,
  bare_line_feed,
  bare_carriage_return,
  folded_line,
  missing_colon,
  space_before_colon,
  bad_field_name,
  bad_field_value,
  target_too_long,
  head_too_large,
  bad_length,
  repeated_length,
  length_with_coding,
  bad_coding,
  unsupported_coding,
  coding_in_old_version,
  content_of_connect,
  missing_host,
  repeated_host,
  bad_host,
  bad_expectation,
  bad_chunk_size,
  bad_chunk_extension,
  bad_chunk_end,
  too_much_chunk_overhead,
  forbidden_trailer,
};

struct refusal_answer {
  int status;
  std::string_view reason;
};

refusal_answer answer_to(refusal why) noexcept;

}  // namespace goro::http::detail
