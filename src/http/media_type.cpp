#include "http/media_type.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "http/characters.hpp"

namespace goro::http::detail {
namespace {

using entry = std::pair<std::string_view, std::string_view>;

constexpr std::array types = {
    entry{"avif", "image/avif"},
    entry{"css", "text/css; charset=utf-8"},
    entry{"csv", "text/csv; charset=utf-8"},
    entry{"gif", "image/gif"},
    entry{"gz", "application/gzip"},
    entry{"htm", "text/html; charset=utf-8"},
    entry{"html", "text/html; charset=utf-8"},
    entry{"ico", "image/x-icon"},
    entry{"jpeg", "image/jpeg"},
    entry{"jpg", "image/jpeg"},
    entry{"js", "text/javascript; charset=utf-8"},
    entry{"json", "application/json"},
    entry{"md", "text/markdown; charset=utf-8"},
    entry{"mjs", "text/javascript; charset=utf-8"},
    entry{"mp3", "audio/mpeg"},
    entry{"mp4", "video/mp4"},
    entry{"otf", "font/otf"},
    entry{"pdf", "application/pdf"},
    entry{"png", "image/png"},
    entry{"svg", "image/svg+xml"},
    entry{"txt", "text/plain; charset=utf-8"},
    entry{"wasm", "application/wasm"},
    entry{"webm", "video/webm"},
    entry{"webp", "image/webp"},
    entry{"woff", "font/woff"},
    entry{"woff2", "font/woff2"},
    entry{"xml", "text/xml; charset=utf-8"},
    entry{"zip", "application/zip"},
};
static_assert(std::is_sorted(types.begin(), types.end()));

bool is_binary(unsigned char c) noexcept {
  return c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b;
}

}  // namespace

std::string_view media_type_by_extension(std::string_view file_name) noexcept {
  const std::size_t dot = file_name.rfind('.');
  std::array<char, 8> extension{};
  if (dot == std::string_view::npos || file_name.size() - dot - 1 > extension.size()) {
    return {};
  }
  const std::string_view written = file_name.substr(dot + 1);
  std::transform(written.begin(), written.end(), extension.begin(), lower);
  const std::string_view wanted(extension.data(), written.size());
  const auto found = std::lower_bound(types.begin(), types.end(), wanted,
                                      [](const entry& e, std::string_view name) { return e.first < name; });
  return found != types.end() && found->first == wanted ? found->second : std::string_view{};
}

std::string_view sniff_media_type(std::string_view start) noexcept {
  start = start.substr(0, 512);
  if (std::any_of(start.begin(), start.end(), [](char c) { return is_binary(static_cast<unsigned char>(c)); })) {
    return "application/octet-stream";
  }
  start.remove_prefix(std::min(start.find_first_not_of(" \t\r\n\f"), start.size()));
  const auto starts_with = [&](std::string_view tag) { return same_ignoring_case(start.substr(0, tag.size()), tag); };
  if (starts_with("<!doctype html") || starts_with("<html") || starts_with("<head") || starts_with("<body")) {
    return "text/html; charset=utf-8";
  }
  return "text/plain; charset=utf-8";
}

}  // namespace goro::http::detail
