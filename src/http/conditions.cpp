#include "http/conditions.hpp"

#include "http/characters.hpp"
#include "http/date.hpp"

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

}  // namespace goro::http::detail
