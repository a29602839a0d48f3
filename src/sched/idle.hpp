// Who sleeps and who wakes whom.
//
// Submit / park protocol (the store-load pair of the whole scheduler; Go states it at the top of runtime/proc.go):
//
//   submitter                                     worker that gives up
//   1. makes work visible (queue)                 1. leaves the searching state (spinning), puts its processor
//   2. store-load fence                              into the idle list and itself into the idle workers
//   3. reads idle_processors and spinning;        2. store-load fence
//      wakes one if idle > 0 and spinning == 0    3. looks at every queue once more; sleeps only if all are empty
//
// With one processor there is none that could be idle, and who holds it leaves out 2 and 3: see is_only_processor.
//
// Either the submitter sees the idle processor, or the worker sees the work: with the fences not both loads can miss.
// A submitter that sees a searching worker leaves the work to it: that worker looks at all queues after it has stopped
// being counted as searching (step 3). A searching worker that finds work wakes the next one, for there may be more.
// A submitter that wakes a worker counts as searching on its behalf from before it looks for an idle processor; when
// there is none after all, it stops counting before it lets the lock go: see stop_counting_as_searching.
//
// A processor is given up and its worker listed in one critical section, so a waker that finds an idle processor
// finds a worker for it too and starts a thread only when there are fewer workers than processors.
//
// Time: while a processor is idle, one idle worker, the timekeeper, sleeps only until the earliest timer of all
// processors. It publishes that deadline, then reads the timers again; who starts a timer publishes it, then reads the
// deadline (the same store-load pair), and kicks the timekeeper when its timer comes first.
#pragma once

#include "platform/os.hpp"
#include "poll/poller.hpp"
#include "sched/polling.hpp"
#include "sched/scheduler.hpp"

namespace goro::sched {

// What wake_word says (and locked_word).
inline constexpr std::uint32_t wake_none = 0;
inline constexpr std::uint32_t wake_sent = 1;
inline constexpr std::uint32_t wake_none_in_poller = 2;  // as wake_none, of the worker that sleeps in the poller

inline void send_wake(worker& w) noexcept {
  if (w.wake_word.exchange(wake_sent, base::memory_order_release) == wake_none_in_poller) {  // sync: worker-wake
    the_poller().wake();
  } else {
    base::futex_wake(w.wake_word);
  }
}

// idle_lists.cpp, all with the lock held -----------------------------------------------------------------------------
// A processor beyond the limit only loses its owner: raising the limit brings it back.
void push_idle_processor(processor& p) noexcept;
// `preferred` if it is idle, else any; null when there is none. Processors beyond the limit never stand in the list.
processor* pop_idle_processor(processor* preferred) noexcept;
void list_as_idle(worker& w) noexcept;
// Out of the idle workers; or no more the timekeeper.
void unlist(worker& w) noexcept;
// The timekeeper is taken last: somebody must keep the time while processors are idle.
worker* pop_idle_worker() noexcept;

}  // namespace goro::sched
