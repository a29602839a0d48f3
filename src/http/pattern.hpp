// Patterns of routes, as Go 1.22 has them: `[METHOD ][HOST]/[PATH]`, with {name}, {name...} and {$}
// (net/http/pattern.go).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace goro::http::detail {

struct segment {
  enum class kind : std::uint8_t {
    literal,  // text, unescaped; "/" stands for a path that ends here with a slash ({$})
    single,   // {text}: one segment that is not empty
    multi,    // {text...}: all that is left; without a name for a pattern that ends with a slash
  };
  kind what;
  std::string text;
};

struct pattern {
  std::string text;    // as written
  std::string method;  // empty: all
  std::string host;    // empty: all
  std::vector<segment> segments;

  bool ends_with_multi() const noexcept { return segments.back().what == segment::kind::multi; }

  // Panics, and says what is wrong with the text.
  static pattern parse(std::string_view text);
};

enum class relation : std::uint8_t { equivalent, more_general, more_specific, disjoint, overlapping };

// How the requests that `a` matches relate to those that `b` does, hosts aside.
relation compare(const pattern& a, const pattern& b) noexcept;

// Do both match some request, without one of them being more specific?
bool in_conflict(const pattern& a, const pattern& b) noexcept;

// Why they are in conflict, for a panic: with requests that both, and that only one of them matches.
std::string describe_conflict(const pattern& a, const pattern& b);

}  // namespace goro::http::detail
