// What answers requests.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "goro/http/request.hpp"
#include "goro/http/response_writer.hpp"

namespace goro::http {

// Called in the connection's goroutine, so it may block. When it returns the response is complete. An exception that
// leaves it is logged and ends this connection only, without a response unless its head has been sent. Go:
// http.Handler, HandlerFunc.
using handler = std::function<void(response_writer&, request&)>;

// Something that wraps a handler. Go: func(http.Handler) http.Handler.
using middleware = std::function<handler(handler)>;

// Thrown by a handler to end the connection without a word in the log. Go: http.ErrAbortHandler.
struct abort_handler {};

// A handler that sends the client elsewhere. The target may be relative to the request's path. Go: http.Redirect.
void redirect(response_writer& w, const request& r, std::string_view target, int code);
handler redirect_handler(std::string target, int code);

}  // namespace goro::http
