#include "http/ranges.hpp"

#include <algorithm>

#include "base/random.hpp"
#include "http/characters.hpp"
#include "http/date.hpp"
#include "http/framing.hpp"

namespace goro::http::detail {
namespace {

// A thousand parts of one byte each would be a hundred times what they send.
constexpr std::size_t most_parts = 64;

enum class range_kind : std::uint8_t { malformed, beyond_the_end, good };

bool range_counts(std::string_view if_range, const validators& v) noexcept {
  if (if_range.empty()) {
    return true;
  }
  if (if_range.find('"') != std::string_view::npos) {
    return if_range == v.etag && !v.etag.starts_with("W/");
  }
  return parse_date(if_range) == v.modified;
}

// `first-last`, `first-` or `-count`, blanks around each number.
range_kind parse_range(std::string_view text, std::uint64_t size, byte_range& range) noexcept {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) {
    return range_kind::malformed;
  }
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  const std::string_view before = trim(text.substr(0, dash));
  const std::string_view behind = trim(text.substr(dash + 1));
  const bool has_first = parse_length(before, first);
  const bool has_last = parse_length(behind, last);
  const bool nonsense = (!has_first && !before.empty()) || (!has_last && !behind.empty());
  if (nonsense || (!has_first && !has_last) || (has_first && has_last && last < first)) {
    return range_kind::malformed;
  }
  if (!has_first) {  // the last so many bytes
    const std::uint64_t count = std::min(last, size);
    range = {size - count, count};
    return count > 0 ? range_kind::good : range_kind::beyond_the_end;
  }
  if (first >= size) {
    return range_kind::beyond_the_end;
  }
  range = {first, (has_last ? std::min(last, size - 1) : size - 1) - first + 1};
  return range_kind::good;
}

}  // namespace

// Passed over, as section 14.2 allows, are a Range that is malformed or in other units, one that asks for more bytes
// than the whole has or for very many parts, and any for what is empty (some clients send one with every request). Go
// answers a malformed one with 416.
range_outcome choose_ranges(const headers& request, std::uint64_t size, const validators& v,
                            std::vector<byte_range>& ranges) {
  ranges.clear();
  std::string_view text = request.get("range");
  constexpr std::string_view unit = "bytes=";
  if (size == 0 || !same_ignoring_case(text.substr(0, unit.size()), unit) ||
      !range_counts(request.get("if-range"), v)) {
    return range_outcome::whole;
  }
  text.remove_prefix(unit.size());
  bool malformed = false;
  bool any = false;
  std::uint64_t left = size;  // the sum may not exceed it
  for_each_element(text, [&](std::string_view element) {
    any = true;
    byte_range range;
    const range_kind kind = malformed ? range_kind::malformed : parse_range(element, size, range);
    malformed = kind == range_kind::malformed || range.size > left || ranges.size() == most_parts;
    if (kind == range_kind::good && !malformed) {
      left -= range.size;
      ranges.push_back(range);
    }
  });
  if (malformed || !any) {
    return range_outcome::whole;
  }
  return ranges.empty() ? range_outcome::not_satisfiable : range_outcome::parts;
}

std::string content_range(byte_range range, std::uint64_t size) {
  return "bytes " + std::to_string(range.begin) + "-" + std::to_string(range.begin + range.size - 1) + "/" +
         std::to_string(size);
}

byteranges_frame::byteranges_frame(std::string_view media_type, std::uint64_t size)
    : media_type_(media_type), size_(size) {
  base::random random(base::random_seed());
  for (int i = 0; i < 32; ++i) {
    boundary_ += "0123456789abcdef"[random.below(16)];
  }
}

std::string byteranges_frame::before(byte_range part, bool first) const {
  return (first ? "--" : "\r\n--") + boundary_ + "\r\nContent-Range: " + content_range(part, size_) +
         "\r\nContent-Type: " + media_type_ + "\r\n\r\n";
}

std::uint64_t byteranges_frame::length(const std::vector<byte_range>& parts) const {
  std::uint64_t total = end().size();
  for (const byte_range& part : parts) {
    total += before(part, &part == &parts.front()).size() + part.size;
  }
  return total;
}

}  // namespace goro::http::detail
