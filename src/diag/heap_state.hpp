// May a signal handler allocate?
#pragma once

#include "diag/call_stack.hpp"
#include "diag/demangle.hpp"

namespace goro::diag {

// `locked` when one of the innermost of the interrupted calls is in the module that malloc lives in: it may hold
// malloc's locks.
heap heap_during(const call_stack& interrupted) noexcept;

}  // namespace goro::diag
