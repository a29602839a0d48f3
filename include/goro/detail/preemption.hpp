// The check by which a goroutine that has run for too long yields at its next call. A simulation (testing.hpp) uses the
// same check to change goroutines at each of these calls.
#pragma once

#include <cstdint>

#include "goro/detail/atomic.hpp"

namespace goro::detail {

// Not zero: the calling goroutine should look whether it must do something. One word for all: a load and a branch.
//   bit 0     Somebody was asked to yield and has perhaps not done so. Raised with each such request, taken back by who
//             follows one, and raised again by the monitor thread while others are open. It is up for as long as a
//             goroutine computes without calling goro beyond its time slice, else hardly ever; everybody who sees it
//             looks at his own worker.
//   the rest  how many simulations are under way, and one more in a program that watches its locks
//             (src/sched/lock_watch.hpp)
extern constinit atomic<std::uint32_t> preemption_wanted;

// Yields if the calling goroutine has been asked to.
void preempt_if_asked() noexcept;

inline void preemption_point() noexcept {
  if (preemption_wanted.load(memory_order_relaxed) != 0) [[unlikely]] {
    preempt_if_asked();
  }
}

// The same for calls that are no place to yield, as they neither wait nor start anything (unlock): only a simulation
// changes goroutines.
void simulate_step() noexcept;

inline void simulation_point() noexcept {
  if (preemption_wanted.load(memory_order_relaxed) != 0) [[unlikely]] {
    simulate_step();
  }
}

}  // namespace goro::detail
