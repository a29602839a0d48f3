// The target of a request, taken apart (RFC 9112 section 3.2).
#pragma once

#include <string>
#include <string_view>

namespace goro::http::detail {

struct request_target {
  std::string_view authority;  // of http://authority/path, or CONNECT's; overrules Host
  std::string_view path;       // escaped; "*" for OPTIONS *; empty for CONNECT
  std::string_view query;      // without '?'
};

// False for a form that the method does not allow.
bool parse_target(std::string_view method, std::string_view target, request_target& result) noexcept;

// Appends the text with %XX replaced. False when an escape is broken.
bool unescape_onto(std::string& out, std::string_view text, bool plus_is_space);

// Would clean_path() return the same?
bool is_clean_path(std::string_view path) noexcept;

}  // namespace goro::http::detail
