#include "base/settings.hpp"

#include <cstdlib>

namespace goro::base {
namespace {

// Length of the first item of `text` with the '='-less items that follow it, without the comma behind them.
std::size_t group_length(std::string_view text) noexcept {
  std::size_t end = text.find(',');
  while (end != std::string_view::npos) {
    const std::size_t next_comma = text.find(',', end + 1);
    const std::size_t next_equals = text.find('=', end + 1);
    if (next_equals < next_comma) {
      return end;
    }
    end = next_comma;
  }
  return text.size();
}

}  // namespace

std::optional<std::string_view> setting_in(std::string_view settings, std::string_view name) noexcept {
  std::optional<std::string_view> found;
  while (!settings.empty()) {
    const std::size_t length = group_length(settings);
    const std::string_view group = settings.substr(0, length);
    const std::size_t equals = group.find('=');
    if (equals != std::string_view::npos && group.substr(0, equals) == name) {
      found = group.substr(equals + 1);
      while (found->ends_with(',')) {
        found->remove_suffix(1);
      }
    }
    settings.remove_prefix(length < settings.size() ? length + 1 : length);
  }
  return found;
}

std::optional<std::string_view> debug_setting(std::string_view name) noexcept {
  const char* settings = std::getenv("GORODEBUG");
  if (settings == nullptr) {
    return std::nullopt;
  }
  return setting_in(settings, name);
}

}  // namespace goro::base
