// The timers of one processor: a passive heap behind a lock, and its earliest deadline where anybody may read it.
#pragma once

#include "base/lock.hpp"
#include "sched/wait.hpp"
#include "timer/timer_heap.hpp"

namespace goro::sched {

struct timer_queue {
  base::lock lock{base::lock_rank::timers};
  timer::timer_heap heap;                                 // guarded by lock
  base::atomic<base::nanoseconds> earliest{base::never};  // written under lock
};

// A timer that ends a wait. Lives on the waiting goroutine's stack, in the heap of `queue`.
struct wait_timer : timer::entry {
  waiter* target = nullptr;
  std::uint32_t outcome = 0;
  wait_timer* next_fired = nullptr;
  base::atomic<timer_queue*> queue{nullptr};  // where it was started; timers never move
};

// Puts `t` into the calling worker's heap and sees to it that somebody will look in time.
void start_timer(wait_timer& t) noexcept;
// Takes `t` out wherever it is. On return nobody uses it any more.
void stop_timer(wait_timer& t) noexcept;

// Fires what is due in `q`; returns how many goroutines became runnable: at the back of the calling worker's queue,
// or in the global one when the caller has no processor.
unsigned run_due_timers(timer_queue& q, base::nanoseconds now) noexcept;

}  // namespace goro::sched
