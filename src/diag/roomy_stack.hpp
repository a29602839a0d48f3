// Work that needs more stack than a goroutine may have left: reading debug information, demangling.
#pragma once

#include "base/function_ref.hpp"

namespace goro::diag {

// Calls `work` and returns when it has ended: in place where the stack has room, else in a thread of its own.
void with_room(base::function_ref<void()> work) noexcept;

}  // namespace goro::diag
