// Operating errors of goro: std::error_code of category "goro".
#pragma once

#include <system_error>

namespace goro {

enum class errc {
  canceled = 1,           // a context was cancelled; the condition std::errc::operation_canceled
  deadline_exceeded = 2,  // the time of a context is over; the condition std::errc::timed_out
  exceeds_burst = 3,      // rate::limiter::wait for more at once than the limiter ever allows
  closed = 4,             // net: use of a connection or listener that was closed here, before or during the call
  timeout = 5,            // net: a deadline has passed; the condition std::errc::timed_out

  server_closed = 32,            // http: the server was shut down or closed
  body_too_large = 33,           // http: a body is longer than its limit
  malformed_message = 34,        // http: the peer's message breaks the rules of HTTP
  unexpected_end = 35,           // http: the connection ended within a message
  body_not_allowed = 36,         // http: this method or status has no body
  content_length_exceeded = 37,  // http: more body than the declared Content-Length
  hijacked = 38,                 // http: the connection belongs to the handler that took it
  bad_url = 39,                  // http: no URL of a scheme that is supported
  too_many_redirects = 40,       // http: a client was sent elsewhere too often
};

// The category "goro". Its texts are Go's where Go has the error: "context canceled", "context deadline exceeded".
const std::error_category& error_category() noexcept;

std::error_code make_error_code(errc e) noexcept;

}  // namespace goro

template <>
struct std::is_error_code_enum<goro::errc> : std::true_type {};
