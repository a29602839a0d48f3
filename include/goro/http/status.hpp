// Status codes of HTTP.
#pragma once

#include <string_view>

namespace goro::http {

// "Not Found" for 404; empty for a code that is not registered. Go: http.StatusText.
std::string_view status_text(int status) noexcept;

namespace status {
inline constexpr int switching_protocols = 101, early_hints = 103;
inline constexpr int ok = 200, created = 201, accepted = 202, no_content = 204, partial_content = 206;
inline constexpr int moved_permanently = 301, found = 302, see_other = 303, not_modified = 304;
inline constexpr int temporary_redirect = 307, permanent_redirect = 308;
inline constexpr int bad_request = 400, unauthorized = 401, forbidden = 403, not_found = 404, method_not_allowed = 405;
inline constexpr int request_timeout = 408, conflict = 409, precondition_failed = 412, content_too_large = 413;
inline constexpr int range_not_satisfiable = 416, expectation_failed = 417, too_many_requests = 429;
inline constexpr int internal_server_error = 500, not_implemented = 501, bad_gateway = 502, service_unavailable = 503;
inline constexpr int gateway_timeout = 504;
}  // namespace status

}  // namespace goro::http
