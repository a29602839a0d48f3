// Which goroutines can never go on: those that wait for an object whose address nobody else has.
#pragma once

#include "diag/snapshot.hpp"

namespace goro::diag {

// Marks in `certain`, one for each of the snapshot's goroutines, those of which that is sure. To be called while the
// world is paused. `here`: in the stack frame of the caller, whose callers' frames count as in use.
void find_certain_leaks(const snapshot& all, scratch& memory, const std::byte* here, bool* certain) noexcept;

}  // namespace goro::diag
