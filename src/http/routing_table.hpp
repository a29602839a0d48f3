// Which pattern a request belongs to (net/http/routing_tree.go, net/http/server.go).
//
// A tree: host, method, then one level for each segment of the path. At each node the literal child is tried before the
// wildcard and that before the rest-of-path, so the first leaf found is the most specific one: patterns of which
// neither is more specific than the other are refused when they are added.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/pattern.hpp"

namespace goro::http::detail {

inline constexpr std::size_t no_route = SIZE_MAX;

// The texts that wildcards matched, in the order of the pattern.
using captures = std::vector<std::string>;

class routing_table {
 public:
  routing_table();
  ~routing_table();
  routing_table(const routing_table&) = delete;
  routing_table& operator=(const routing_table&) = delete;

  // Returns the number of the route: 0, 1, … Panics when the pattern is wrong or in conflict with one that is there;
  // then nothing has changed.
  std::size_t add(std::string_view pattern_text);

  const pattern& operator[](std::size_t route) const noexcept { return *patterns_[route]; }

  // The route for this path (escaped, clean), or no_route. Empties and fills `found`.
  std::size_t match(std::string_view host, std::string_view method, std::string_view path, captures& found) const;

  // Is there a pattern for path + "/" that means exactly this, while `route` is no exact match of the path?
  bool wants_slash(std::size_t route, std::string_view host, std::string_view method, std::string_view path) const;

  // The methods for which there would be a route: "DELETE, GET, HEAD". Empty if none.
  std::string methods_for(std::string_view host, std::string_view path) const;

 private:
  struct node {
    std::map<std::string, std::unique_ptr<node>, std::less<>> children;
    std::unique_ptr<node> any;   // host: all; method: all; path: a wildcard
    std::unique_ptr<node> rest;  // {…...}
    std::size_t route = no_route;

    const node* child(std::string_view key) const;
    node& make_child(std::string_view key);
  };

  bool is_exact(std::size_t route, std::string_view path) const noexcept;
  const node* match_method(const node* n, std::string_view method, std::string_view path, captures& found) const;
  const node* match_path(const node* n, std::string_view path, captures& found) const;

  std::unique_ptr<node> root_;
  std::vector<std::unique_ptr<pattern>> patterns_;
};

}  // namespace goro::http::detail
