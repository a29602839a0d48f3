// The time as the caller sees it: that of the system or, for a goroutine of a bubble (sched/bubble.hpp), the bubble's
// own. What users ask for and can see goes by this clock: deadlines of sleeps, timers, contexts and waits. What the
// runtime does for itself goes by base/clock.hpp.
#pragma once

#include "base/atomic.hpp"
#include "base/clock.hpp"

namespace goro::base {

// Set for good with the first bubble.
inline atomic<nanoseconds (*)() noexcept> local_clock_hook{nullptr};

inline nanoseconds local_now_ns() noexcept {
  auto* clock = local_clock_hook.load(memory_order_acquire);  // sync: hook
  return clock != nullptr ? clock() : now_ns();
}

}  // namespace goro::base
