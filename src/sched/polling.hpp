// Who asks the poller what is ready, and when.
//
//   A worker with nothing in its queues   looks, before it searches the others' queues and while it searches; and at
//                                         every poll_interval-th dispatch, so that a queue that is never empty does not
//                                         keep the network out.
//   The timekeeper (idle.hpp)             sleeps in the poller instead of on its futex, until the next timer, an event,
//                                         or a wake.
//   The monitor                           looks when nobody has for 10 ms: every processor is busy.
//
// No event is left lying: while a processor is idle there is a timekeeper, or a worker that is awake and looks before
// it sleeps; otherwise the monitor is awake. An event that comes when nobody looks is kept by the system for the next
// who does.
//
// One worker at a time sleeps in the poller (scheduler::in_poller, under the scheduler's lock), so that the poller's
// bell is meant for that one. A new timekeeper that finds the seat still taken, by a worker that is on its way out,
// sleeps on its futex; the one that leaves wakes it, and it moves in.
//
// Programs that watch no descriptor pay one load of `poller_used` where a worker has found its queues empty.
#pragma once

#include <span>

#include "base/clock.hpp"
#include "sched/scheduler.hpp"

namespace goro::poll {
class poller;
struct event;
}  // namespace goro::poll

namespace goro::sched {

poll::poller& the_poller() noexcept;

// Opens the poller if nobody has, and sees to it that somebody asks it. 0, or the system's error number.
int start_polling() noexcept;

inline bool poller_used() noexcept {
  return sched.poller_used.load(base::memory_order_acquire);  // sync: poller-open
}

// Looks without waiting, unless somebody else is just doing so, and makes those ready whose turn has come; returns how
// many.
unsigned poll_now() noexcept;

// Makes those ready that wait for these events; returns how many. At the back of the calling worker's queue, or in the
// one of all.
unsigned deliver(std::span<const poll::event> events) noexcept;

// The same by a worker that got no processor, and so stays listed as idle. It may be given one at any moment, but may
// use it only when it has seen so under the scheduler's lock; until then it does as a thread does that is no worker.
unsigned deliver_without_processor(worker& self, std::span<const poll::event> events) noexcept;

// The monitor's part. `now`: the time.
void poll_if_nobody_does(base::nanoseconds now) noexcept;

}  // namespace goro::sched
