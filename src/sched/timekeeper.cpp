// Who keeps the time: while a processor is idle, one idle worker, the timekeeper, sleeps only until the earliest timer of all
// processors. It publishes that deadline, then reads the timers again; who starts a timer publishes it, then reads the
// deadline (the same store-load pair), and kicks the timekeeper when its timer comes first.
// With network it sleeps in the poller, see polling.hpp.
#include "poll/poller.hpp"
#include "sched/idle.hpp"
#include "sched/polling.hpp"

namespace goro::sched {

base::nanoseconds earliest_timer() noexcept {
  base::nanoseconds earliest = base::never;
  const std::uint32_t made = sched.processors_made.load(base::memory_order_acquire);  // sync: processors-made
  for (std::uint32_t i = 0; i < made; ++i) {
    const base::nanoseconds when =
        sched.processors[i].load(base::memory_order_relaxed)->timers.earliest.load(base::memory_order_relaxed);
    earliest = when < earliest ? when : earliest;
  }
  return earliest;
}

void leave_poller(const worker& w) noexcept {
  if (sched.in_poller != &w) {
    return;
  }
  sched.in_poller = nullptr;
  if (sched.timekeeper != nullptr && sched.timekeeper != &w) {
    send_wake(*sched.timekeeper);
  }
}

namespace {

// Lock held. The seat in the poller: see polling.hpp.
bool enter_poller(worker& w) noexcept {
  if (!poller_used() || sched.in_poller != nullptr) {
    return false;
  }
  sched.in_poller = &w;
  return true;
}

// Lock held. Makes `w` (listed as idle or not at all) the timekeeper when its deadline would be earlier than that of the one there is.
// Step 2 and 3 of the time protocol: publish, fence, read again.
void keep_time_if_first(worker& w) noexcept {
  base::nanoseconds deadline = earliest_timer();
  if (sched.timekeeper != nullptr && sched.timekeeper_deadline.load(base::memory_order_relaxed) <= deadline) {
    return;
  }
  if (worker* former = sched.timekeeper) {
    if (former == sched.in_poller) {
      send_wake(*former);  // one place is as good as the other: it works out the new deadline itself
      return;
    }
    unlist(*former);
    list_as_idle(*former);
  }
  if (w.parked_as == worker::parking::idle) {
    unlist(w);
  }
  w.parked_as = worker::parking::timekeeper;
  sched.timekeeper = &w;
  for (;;) {
    sched.timekeeper_deadline.store(deadline, base::memory_order_relaxed);
    base::store_load_fence();
    const base::nanoseconds again = earliest_timer();
    if (again >= deadline) {
      return;
    }
    deadline = again;
  }
}

// Sleeps in the poller until there are events, the deadline has passed, or somebody wakes `w`. True: it has a processor.
bool sleep_in_poller(worker& w, base::nanoseconds deadline) noexcept {
  poll::event events[poll::poller::most_events];
  for (;;) {
    const std::size_t count = the_poller().wait(events, deadline);
    if (count != 0) {
      // One event: mostly the worker is back in microseconds, and nobody need keep the time for it. If it stays away while a processor is
      // idle, the monitor sees to that (replace_timekeeper); so a timer that is due before then is a reason to have a successor at once.
      // The processor first: what is ready then goes into its queue. Without one it goes into the queue of all.
      const bool resumed = resume_with_processor(w, count > 1 || timer_is_near());
      deliver({events, count});
      return resumed;
    }
    if (w.wake_word.load(base::memory_order_acquire) == wake_sent) {  // sync: worker-wake
      return false;
    }
    if (deadline != base::never && deadline <= base::now_ns()) {
      return resume_with_processor(w, true);  // else: no processor is idle, the busy ones see to their timers
    }
  }
}

}  // namespace

void sleep_listed(worker& w) noexcept {
  for (;;) {
    base::nanoseconds deadline = base::never;
    bool in_poller = false;
    {
      const base::lock_guard hold(sched.lock);
      leave_poller(w);
      if (w.held != nullptr) {
        return;
      }
      if (sched.idle_processors.load(base::memory_order_relaxed) != 0) {
        keep_time_if_first(w);
      } else if (w.parked_as == worker::parking::timekeeper) {
        unlist(w);  // its deadline has passed or will, and there is no processor to do anything about it
        list_as_idle(w);
      }
      if (w.parked_as == worker::parking::timekeeper) {
        deadline = sched.timekeeper_deadline.load(base::memory_order_relaxed);
        in_poller = enter_poller(w);
      }
      // Who wakes us from here on holds the lock first.
      w.wake_word.store(in_poller ? wake_none_in_poller : wake_none, base::memory_order_relaxed);
    }
    if (in_poller) {
      if (sleep_in_poller(w, deadline)) {
        return;
      }
      continue;
    }
    while (w.wake_word.load(base::memory_order_acquire) == wake_none) {  // sync: worker-wake
      if (!base::futex_wait(w.wake_word, wake_none, deadline)) {
        if (resume_with_processor(w, true)) {
          return;
        }
        break;  // no processor is idle: the busy ones see to their timers
      }
    }
  }
}

bool time_is_kept() noexcept {
  return sched.timekeeper != nullptr || (earliest_timer() == base::never && !poller_used());
}

bool timer_is_near() noexcept {
  const base::nanoseconds earliest = earliest_timer();
  return earliest != base::never && earliest - base::now_ns() < longest_unattended;
}

void wake_timekeeper() noexcept { send_wake(*sched.timekeeper); }

void replace_timekeeper() noexcept {
  {
    const base::lock_guard hold(sched.lock);
    if (sched.timekeeper != nullptr || sched.idle_processors.load(base::memory_order_relaxed) == 0) {
      return;
    }
  }
  wake_for_work();  // who finds nothing to do becomes the timekeeper
}

void announce_timer(base::nanoseconds when) noexcept {
  base::store_load_fence();  // time protocol: the timer is published, now read the deadline
  if (sched.idle_processors.load(base::memory_order_relaxed) == 0 ||
      sched.timekeeper_deadline.load(base::memory_order_relaxed) <= when) {
    return;
  }
  {
    const base::lock_guard hold(sched.lock);
    if (worker* w = sched.timekeeper != nullptr ? sched.timekeeper : sched.idle_workers) {
      send_wake(*w);  // it works out the new deadline itself
      return;
    }
  }
  // Nobody sleeps. Who searches looks at the timers before he does; who computes, or waits in blocking(), may not look for long, and
  // before the first goroutine there is nobody.
  wake_for_work();
}

}  // namespace goro::sched
