#include <algorithm>

#include "differential/rules.hpp"
#include "http/characters.hpp"

namespace goro::http::detail {

namespace {

constexpr std::string_view line_end = "\r\n";

}  // namespace

std::string_view name_of(std::string_view line) { return line.substr(0, line.find(':')); }

std::string_view value_of(std::string_view line) {
  const std::size_t colon = line.find(':');
  return colon == std::string_view::npos ? std::string_view{} : trim(line.substr(colon + 1));
}

// The lines before the chunks, of whatever form, as far as sizes can be seen in them.
std::vector<std::string_view> size_lines(const disagreement& d, bool* line_end_missing) {
  std::vector<std::string_view> lines;
  std::string_view rest = d.raw.rest;
  for (;;) {
    const std::size_t end = rest.find(line_end);
    if (end == std::string_view::npos) {
      return lines;
    }
    const std::string_view line = rest.substr(0, end);
    lines.push_back(line);
    std::size_t size = 0;
    for (std::size_t i = 0; i < line.size() && is(line[i], hex_char) && size < longest_text; ++i) {
      size = size * 16 + static_cast<std::size_t>(hex_value(line[i]));
    }
    if (size == 0 || rest.size() < end + 2 + size + 2) {
      return lines;
    }
    rest.remove_prefix(end + 2 + size);
    if (!rest.starts_with(line_end) && line_end_missing != nullptr) {
      *line_end_missing = true;
    }
    rest.remove_prefix(2);
  }
}

bool carriage_return_alone(const disagreement& d) {
  const std::string_view taken = d.raw.text.substr(0, d.other.end + 1);
  for (std::size_t i = 0; i + 1 < taken.size(); ++i) {
    if (taken[i] == '\r' && taken[i + 1] != '\n') {
      return true;
    }
  }
  return false;
}

raw_message::raw_message(std::string_view whole) : text(whole) {
  std::string_view left = whole;
  while (left.starts_with(line_end)) {
    left.remove_prefix(2);
  }
  const std::size_t end = left.find("\r\n\r\n");
  head = left.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : left.substr(end + 4);
  start_line = head.substr(0, head.find(line_end));
  std::string_view fields = head.substr(std::min(start_line.size() + 2, head.size()));
  while (!fields.empty()) {
    const std::size_t n = fields.find(line_end);
    lines.push_back(fields.substr(0, n));
    fields.remove_prefix(n == std::string_view::npos ? fields.size() : n + 2);
  }
}

std::vector<std::string_view> raw_message::values(std::string_view name) const {
  std::vector<std::string_view> found;
  for (const std::string_view line : lines) {
    if (same_ignoring_case(trim(name_of(line)), name) && line.find(':') != std::string_view::npos) {
      found.push_back(value_of(line));
    }
  }
  return found;
}

}  // namespace goro::http::detail
