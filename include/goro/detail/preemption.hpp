// Preemption points that cost one load: for operations of a few nanoseconds that a program may repeat for ever.
#pragma once

#include "goro/detail/atomic.hpp"

namespace goro::detail {

// Somebody was asked to yield and has perhaps not done so. Raised with each such request, taken back by who follows one, and
// raised again by the monitor thread while others are open; so it is false nearly always, and everybody who sees it true looks at
// his own worker.
extern atomic<bool> preemption_wanted;

// Yields when the calling goroutine's time slice is over.
void preemption_point() noexcept;

inline void quick_preemption_point() noexcept {
  if (preemption_wanted.load(memory_order_relaxed)) [[unlikely]] {
    preemption_point();
  }
}

}  // namespace goro::detail
