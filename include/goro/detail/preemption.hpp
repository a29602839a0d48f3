// The check by which a goroutine that has run for too long yields at its next call.
#pragma once

#include "goro/detail/atomic.hpp"

namespace goro::detail {

// Raised while somewhere a goroutine has been asked to yield. One word for all: a load and a branch where it is not.
// Only a hint that asking in detail is worth while, so relaxed.
extern constinit atomic<bool> preemption_wanted;

// Yields if the calling goroutine has been asked to.
void preempt_if_asked() noexcept;

inline void preemption_point() noexcept {
  if (preemption_wanted.load(memory_order_relaxed)) [[unlikely]] {
    preempt_if_asked();
  }
}

}  // namespace goro::detail
