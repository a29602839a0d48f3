// The environment variable GORODEBUG: `name=value` items separated by commas, as Go's GODEBUG.
#pragma once

#include <optional>
#include <string_view>

namespace goro::base {

// The value of the last item `name=...`, or nothing. An item without '=' belongs to the value before it, so
// `deny=guard,reserve:3,schedtrace=10` gives `guard,reserve:3` for `deny`.
// The view is into the environment: valid until the program changes that variable.
std::optional<std::string_view> debug_setting(std::string_view name) noexcept;

// The same for a given text; for tests.
std::optional<std::string_view> setting_in(std::string_view settings, std::string_view name) noexcept;

}  // namespace goro::base
