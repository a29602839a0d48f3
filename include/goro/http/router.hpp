// The choice of a handler by patterns.
#pragma once

#include <memory>
#include <string_view>

#include "goro/http/handler.hpp"

namespace goro::http {

namespace detail {
class routing;
}

// `[METHOD ][HOST]/[PATH]`. A path's segment may be {name}, which matches any one segment; the last one {name...},
// which matches the rest, or {$}, which matches only the end, behind a slash. A path that ends with a slash matches all
// below it. GET also matches HEAD. Of two patterns that match, the more specific one counts; a pattern that is in
// conflict with another (both match something, neither is more specific) panics when it is added, and says why. A
// request for a path that has no pattern while the path with a slash has one is redirected there, as is one for a path
// with "//", "." or ".." in it (307). A request that only another method would match gets 405 with Allow, others 404.
// Handlers can be added while requests are served. Go: http.ServeMux (Go 1.22).
//
// A shared handle: copies are the same router. It is a handler.
class router {
 public:
  router();

  void handle(std::string_view pattern, handler h) const;
  // Finds the handler and calls it.
  void operator()(response_writer& w, request& r) const;
  // The pattern that would be chosen; empty if none.
  std::string_view pattern_for(const request& r) const;
  bool empty() const;

 private:
  std::shared_ptr<detail::routing> routing_;
};

// The one that servers without handlers of their own use. Go: http.DefaultServeMux.
router& default_router();
// default_router().handle(pattern, h). Go: http.HandleFunc.
void handle(std::string_view pattern, handler h);

}  // namespace goro::http
