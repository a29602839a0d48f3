// The parts of a URL, and the escaping of text in it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace goro::http {

// Replaces %XX by the byte; with plus_is_space also '+', as queries have it. Nothing when an escape is broken.
// Go: url.PathUnescape, url.QueryUnescape.
std::optional<std::string> unescape(std::string_view text, bool plus_is_space = false);

// The text such that it can stand as one segment of a path, or in a query. Go: url.PathEscape, url.QueryEscape.
std::string path_escape(std::string_view text);
std::string query_escape(std::string_view text);

// The value of the first pair of this name in a query (`a=1&b=2`), unescaped; nothing if there is none. Pairs that are
// broken or have a ';' are passed over. Go: url.Values.Get.
std::optional<std::string> query_value(std::string_view query, std::string_view name);
std::vector<std::string> query_values(std::string_view query, std::string_view name);

// The shortest path that means the same: starts with '/', without ".", ".." and empty segments; a slash at the end
// stays. Go: path.Clean, as ServeMux uses it.
std::string clean_path(std::string_view path);

// http://host:port/path?query, as the client needs it. No user, no fragment (one is dropped).
struct url {
  std::string scheme;
  std::string host;  // with the port, if there is one; an IPv6 address in brackets
  std::string path;  // as written, "/" when empty
  std::string query;

  // Nothing when the text is no http URL, or has bytes that a URL cannot have.
  static std::optional<url> parse(std::string_view text);
  // A reference in a Location header, seen from this URL. Go: url.URL.Parse.
  std::optional<url> resolve(std::string_view reference) const;
  std::string target() const;  // path?query
  std::string to_string() const;
};

}  // namespace goro::http
