// Handlers around handlers.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "goro/http/handler.hpp"

namespace goro::http {

// Calls `line` after each request: `127.0.0.1:5000 "GET /a HTTP/1.1" 200 512 1.3ms`. Also when the handler throws; then
// the exception goes on.
middleware access_log(std::function<void(std::string_view)> line);
// The same on stderr.
middleware access_log();

// For the handlers below a prefix, as if it were not there; 404 for others. Go: http.StripPrefix.
handler strip_prefix(std::string prefix, handler h);

// limit_body() for all requests of a handler. Go: http.MaxBytesHandler.
middleware max_bytes(std::uint64_t bytes);

// Server-sent events: sets the headers, and sends each event at once.
class event_stream {
 public:
  explicit event_stream(response_writer& w);
  // Data of several lines stays one event. Throws as response_writer::write, when the client has left for instance.
  void send(std::string_view data, std::string_view event = {}, std::string_view id = {});

 private:
  response_writer& writer_;
};

}  // namespace goro::http
