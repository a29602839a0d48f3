#include "http/pattern.hpp"

#include <algorithm>

#include "goro/panic.hpp"
#include "http/characters.hpp"
#include "http/target.hpp"

namespace goro::http::detail {
namespace {

using kind = segment::kind;

[[noreturn]] void refuse(std::string_view pattern_text, std::string_view why) {
  throw panic_error("http: pattern \"" + std::string(pattern_text) + "\": " + std::string(why));
}

bool is_identifier(std::string_view name) noexcept {
  const auto letter = [](char c) {
    const char small = lower(c);
    return (small >= 'a' && small <= 'z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
  };
  if (name.empty() || !letter(name[0])) {
    return false;
  }
  return std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || is(c, digit_char); });
}

segment parse_wildcard(std::string_view text, std::string_view part, bool last) {
  if (part[0] != '{') {
    refuse(text, "bad wildcard segment (must start with '{')");
  }
  if (part.back() != '}') {
    refuse(text, "bad wildcard segment (must end with '}')");
  }
  std::string_view name = part.substr(1, part.size() - 2);
  if (name == "$") {
    if (!last) {
      refuse(text, "{$} not at end");
    }
    return {kind::literal, "/"};
  }
  const bool multi = name.ends_with("...");
  if (multi) {
    name.remove_suffix(3);
    if (!last) {
      refuse(text, "{...} wildcard not at end");
    }
  }
  if (name.empty()) {
    refuse(text, "empty wildcard");
  }
  if (!is_identifier(name)) {
    refuse(text, "bad wildcard name \"" + std::string(name) + "\"");
  }
  return {multi ? kind::multi : kind::single, std::string(name)};
}

void parse_path(std::string_view text, std::string_view path, pattern& result) {
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    if (path.empty()) {
      result.segments.push_back({kind::multi, ""});
      return;
    }
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    path.remove_prefix(part.size());
    if (part.find('{') == std::string_view::npos) {
      segment literal{kind::literal, ""};
      if (!unescape_onto(literal.text, part, false)) {
        literal.text = part;
      }
      result.segments.push_back(std::move(literal));
      continue;
    }
    segment wildcard = parse_wildcard(text, part, path.empty());
    const auto same_name = [&](const segment& s) { return s.what != kind::literal && s.text == wildcard.text; };
    if (wildcard.what != kind::literal && std::any_of(result.segments.begin(), result.segments.end(), same_name)) {
      refuse(text, "duplicate wildcard name \"" + wildcard.text + "\"");
    }
    result.segments.push_back(std::move(wildcard));
  }
}

constexpr relation inverse(relation r) noexcept {
  return r == relation::more_general    ? relation::more_specific
         : r == relation::more_specific ? relation::more_general
                                        : r;
}

// Of two relations that hold for different parts of the requests.
constexpr relation both(relation a, relation b) noexcept {
  if (a == relation::disjoint || b == relation::disjoint) {
    return relation::disjoint;
  }
  if (a == relation::equivalent || a == b) {
    return b;
  }
  return b == relation::equivalent ? a : relation::overlapping;
}

relation compare_methods(const std::string& a, const std::string& b) noexcept {
  if (a == b) {
    return relation::equivalent;
  }
  if (a.empty() || (a == "GET" && b == "HEAD")) {
    return relation::more_general;
  }
  return b.empty() || (b == "GET" && a == "HEAD") ? relation::more_specific : relation::disjoint;
}

relation compare_segments(const segment& a, const segment& b) noexcept {
  if (a.what == kind::literal && b.what == kind::literal) {
    return a.text == b.text ? relation::equivalent : relation::disjoint;
  }
  if (a.what == b.what) {
    return relation::equivalent;
  }
  if (a.what < b.what) {
    return inverse(compare_segments(b, a));
  }
  const bool slash = b.what == kind::literal && b.text == "/";
  return a.what == kind::single && slash ? relation::disjoint : relation::more_general;
}

relation compare_paths(const pattern& a, const pattern& b) noexcept {
  const std::size_t common = std::min(a.segments.size(), b.segments.size());
  relation result = relation::equivalent;
  for (std::size_t i = 0; i < common; ++i) {
    result = both(result, compare_segments(a.segments[i], b.segments[i]));
  }
  if (a.segments.size() < b.segments.size()) {
    return a.ends_with_multi() ? both(result, relation::more_general) : relation::disjoint;
  }
  if (a.segments.size() > b.segments.size()) {
    return b.ends_with_multi() ? both(result, relation::more_specific) : relation::disjoint;
  }
  return result;
}

void append_segment(std::string& path, const segment& s) {
  if (s.what == kind::literal && s.text == "/") {
    path += '/';
  } else {
    path += '/' + (s.what == kind::multi && s.text.empty() ? std::string() : s.text);
  }
}

// A path that `a` matches; where b is as general as a or less, one that b matches too.
std::string common_path(const pattern& a, const pattern& b) {
  std::string path;
  for (std::size_t i = 0; i < std::max(a.segments.size(), b.segments.size()); ++i) {
    if (i >= a.segments.size()) {
      append_segment(path, b.segments[i]);
    } else if (i >= b.segments.size()) {
      append_segment(path, a.segments[i]);
    } else {
      const bool literal_in_b = b.segments[i].what < a.segments[i].what;
      append_segment(path, literal_in_b ? b.segments[i] : a.segments[i]);
    }
    if (path.size() > 1 && path.back() == '/' && i + 1 < std::max(a.segments.size(), b.segments.size())) {
      path.pop_back();  // a nameless multi of the shorter pattern
    }
  }
  return path;
}

}  // namespace

pattern pattern::parse(std::string_view text) {
  if (text.empty()) {
    refuse(text, "empty pattern");
  }
  pattern result;
  result.text = text;
  std::string_view rest = text;
  if (const std::size_t blank = text.find_first_of(" \t"); blank != std::string_view::npos) {
    result.method = text.substr(0, blank);
    if (!is_token(result.method)) {
      refuse(text, "invalid method \"" + result.method + "\"");
    }
    rest = text.substr(blank + 1);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  }
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) {
    refuse(text, "host/path missing /");
  }
  result.host = rest.substr(0, slash);
  if (result.host.find('{') != std::string::npos) {
    refuse(text, "host contains '{' (missing initial '/'?)");
  }
  rest.remove_prefix(slash);
  if (result.method != "CONNECT" && !is_clean_path(rest)) {
    refuse(text, "non-CONNECT pattern with unclean path can never match");
  }
  parse_path(text, rest, result);
  return result;
}

relation compare(const pattern& a, const pattern& b) noexcept {
  return both(compare_methods(a.method, b.method), compare_paths(a, b));
}

bool in_conflict(const pattern& a, const pattern& b) noexcept {
  if (a.host != b.host) {
    return false;  // either no request has both, or the one with a host is more specific
  }
  const relation r = compare(a, b);
  return r == relation::equivalent || r == relation::overlapping;
}

std::string describe_conflict(const pattern& a, const pattern& b) {
  const std::string start = "http: pattern \"" + a.text + "\" conflicts with pattern \"" + b.text + "\": ";
  if (compare(a, b) == relation::equivalent) {
    return start + "both match the same requests";
  }
  const relation methods = compare_methods(a.method, b.method);
  const relation paths = compare_paths(a, b);
  if (paths == relation::overlapping) {
    return start + "both match paths such as \"" + common_path(a, b) + "\", and neither is more specific";
  }
  const bool fewer_methods = methods == relation::more_specific;
  const pattern& by_method = fewer_methods ? a : b;
  const pattern& by_path = fewer_methods ? b : a;
  return start + "\"" + by_method.text + "\" matches fewer methods, but has a more general path than \"" +
         by_path.text + "\"";
}

}  // namespace goro::http::detail
