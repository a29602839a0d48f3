// The check by which a goroutine that has run for too long yields at its next call.
#pragma once

#include "goro/detail/atomic.hpp"

namespace goro::detail {

// Somebody was asked to yield and has perhaps not done so. One word for all: a load and a branch. Raised with each such request,
// taken back by who follows one, and raised again by the monitor thread while others are open. It is true for as long as a goroutine
// computes without calling goro beyond its time slice, else hardly ever; everybody who sees it true looks at his own worker. In a program that watches its
// locks (src/sched/lock_watch.hpp) it is always true.
extern constinit atomic<bool> preemption_wanted;

// Yields if the calling goroutine has been asked to.
void preempt_if_asked() noexcept;

inline void preemption_point() noexcept {
  if (preemption_wanted.load(memory_order_relaxed)) [[unlikely]] {
    preempt_if_asked();
  }
}

}  // namespace goro::detail
