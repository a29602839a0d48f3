// The timers of one processor: an agenda behind a lock, and its earliest deadline where anybody may read it.
//
// Two kinds of entries: the deadline of a wait (wait_timer, below), and a call at some point of time (alarm.hpp).
#pragma once

#include "base/lock.hpp"
#include "sched/wait.hpp"
#include "timer/agenda.hpp"

namespace goro::sched {

class bubble;

struct timer_queue {
  base::lock lock{base::lock_rank::timers};
  timers::agenda agenda;                                  // guarded by lock
  base::atomic<base::nanoseconds> earliest{base::never};  // written under lock
  bubble* home = nullptr;                                 // whose clock it goes by; null: the system's. Constant
};

struct timed : timers::entry {
  explicit timed(bool alarm) noexcept : is_alarm(alarm) {}
  const bool is_alarm;
};

// A timer that ends a wait. Lives on the waiting goroutine's stack, in the agenda of `queue`.
struct wait_timer : timed {
  wait_timer() noexcept : timed(false) {}
  waiter* target = nullptr;
  std::uint32_t outcome = 0;
  wait_timer* next_fired = nullptr;
  base::atomic<timer_queue*> queue{nullptr};  // where it was, or is to be, started; timers never move
};

// Lock held, after a change of the agenda. True when somebody who sleeps until the earliest timer may have to wake
// before.
bool publish_earliest(timer_queue& q) noexcept;

// Puts `t` into its queue's agenda, or when it has none yet the calling worker's, and sees to it that somebody will
// look in time.
void start_timer(wait_timer& t) noexcept;
// Takes `t` out wherever it is. On return nobody uses it any more.
void stop_timer(wait_timer& t) noexcept;

// Fires what is due in `q`; returns how many goroutines may have become runnable: at the back of the calling worker's
// queue, or in the global one when the caller has no processor. Not between two goroutines: an alarm may want a lock
// that the one that is about to stop holds, until the next one runs.
unsigned run_due_timers(timer_queue& q, base::nanoseconds now) noexcept;

// The same between two goroutines: ends waits that are due. False when an alarm is due, and the worker should go home
// to ring it.
bool end_due_waits(timer_queue& q, base::nanoseconds now) noexcept;

}  // namespace goro::sched
