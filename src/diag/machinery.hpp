// Which calls a reader of traces does not want to see.
#pragma once

#include <string_view>

namespace goro::diag {

// Frames that traces leave out unless GOROTRACEBACK=system: the insides of goro, the plumbing of std::function and
// std::invoke, the throwing of exceptions, the start of threads. `name` is a shortened one; `file` may be empty.
bool is_machinery(std::string_view name, std::string_view file) noexcept;

}  // namespace goro::diag
