#include "http/conditions.hpp"

#include <algorithm>

#include "http/characters.hpp"
#include "http/date.hpp"
#include "http/framing.hpp"

namespace goro::http::detail {
namespace {

std::string_view without_weakness(std::string_view tag) noexcept { return tag.starts_with("W/") ? tag.substr(2) : tag; }

bool names_tag(std::string_view list, std::string_view etag, bool strong) noexcept {
  bool found = false;
  for_each_element(list, [&](std::string_view tag) {
    const bool same = strong ? tag == etag && !etag.starts_with("W/") : without_weakness(tag) == without_weakness(etag);
    found = found || tag == "*" || same;
  });
  return found;
}

bool range_counts(std::string_view if_range, const validators& v) noexcept {
  if (if_range.empty()) {
    return true;
  }
  if (if_range.find('"') != std::string_view::npos) {
    return if_range == v.etag && !v.etag.starts_with("W/");
  }
  return parse_date(if_range) == v.modified;
}

}  // namespace

condition_outcome check_conditions(const headers& request, bool get_or_head, const validators& v) noexcept {
  if (request.contains("if-match")) {
    if (!names_tag(request.get("if-match"), v.etag, true)) {
      return condition_outcome::failed;
    }
  } else if (const auto date = parse_date(request.get("if-unmodified-since")); date && v.modified > *date) {
    return condition_outcome::failed;
  }
  if (request.contains("if-none-match")) {
    if (names_tag(request.get("if-none-match"), v.etag, false)) {
      return get_or_head ? condition_outcome::not_modified : condition_outcome::failed;
    }
  } else if (const auto date = parse_date(request.get("if-modified-since"));
             date && get_or_head && v.modified <= *date) {
    return condition_outcome::not_modified;
  }
  return condition_outcome::holds;
}

// A Range that is malformed, in other units or of several parts is passed over, as section 14.2 allows.
range_outcome choose_range(const headers& request, std::uint64_t size, const validators& v,
                           byte_range& range) noexcept {
  std::string_view text = request.get("range");
  constexpr std::string_view unit = "bytes=";
  if (!same_ignoring_case(text.substr(0, unit.size()), unit) || !range_counts(request.get("if-range"), v)) {
    return range_outcome::whole;
  }
  text = trim(text.substr(unit.size()));
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) {
    return range_outcome::whole;
  }
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  const std::string_view before = text.substr(0, dash);
  const std::string_view behind = text.substr(dash + 1);
  const bool has_first = parse_length(before, first);
  const bool has_last = parse_length(behind, last);
  if ((!has_first && !before.empty()) || (!has_last && !behind.empty()) || (!has_first && !has_last)) {
    return range_outcome::whole;
  }
  if (!has_first) {  // the last so many bytes
    range = {size - std::min(last, size), std::min(last, size)};
    return range.size > 0 ? range_outcome::part : range_outcome::not_satisfiable;
  }
  if (has_last && last < first) {
    return range_outcome::whole;
  }
  if (first >= size) {
    return range_outcome::not_satisfiable;
  }
  range = {first, (has_last ? std::min(last, size - 1) : size - 1) - first + 1};
  return range_outcome::part;
}

}  // namespace goro::http::detail
