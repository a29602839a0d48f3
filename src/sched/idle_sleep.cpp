// How a worker falls asleep, and where: the worker's side of the protocols in idle.hpp.
#include "goro/go.hpp"
#include "poll/poller.hpp"
#include "sched/idle.hpp"
#include "sched/io_source.hpp"
#include "sched/pause.hpp"
#include "sched/polling.hpp"

namespace goro::sched {
namespace {

// Lock held. The seat in the poller: see polling.hpp.
bool enter_poller(worker& w) noexcept {
  if (!poller_used() || sched.in_poller != nullptr) {
    return false;
  }
  sched.in_poller = &w;
  return true;
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

// Lock held. Makes `w` (listed as idle or not at all) the timekeeper when its deadline would be earlier than that of
// the one there is. Step 2 and 3 of the time protocol: publish, fence, read again.
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
    base::store_load_fence();  // time protocol: the deadline is published, now read the timers
    const base::nanoseconds again = earliest_timer();
    if (again >= deadline) {
      return;
    }
    deadline = again;
  }
}

// Takes `w` out of the idle workers together with an idle processor. False when neither is to be had.
// When somebody gave `w` a processor meanwhile, that is as good.
bool resume_with_processor(worker& w, bool spinning) noexcept {
  const base::lock_guard hold(sched.lock);
  leave_poller(w);
  if (w.held != nullptr) {
    return true;
  }
  processor* p = w.thread_must_end ? nullptr : pop_idle_processor(nullptr);
  if (p == nullptr) {
    return false;
  }
  unlist(w);
  attach(w, *p);
  if (spinning) {
    w.spinning = true;
    sched.spinning.fetch_add(1, base::memory_order_relaxed);
  }
  wake_sysmon_if_asleep();
  return true;
}

// Sleeps in the poller until there are events, the deadline has passed, or somebody wakes `w`. True: it has a
// processor.
bool sleep_in_poller(worker& w, base::nanoseconds deadline) noexcept {
  poll::event events[poll::poller::most_events];
  for (;;) {
    const std::size_t count = the_poller().wait(events, deadline);
    if (count != 0) {
      // One event: mostly the worker is back in microseconds, and nobody need keep the time for it. If it stays away
      // while a processor is idle, the monitor sees to that (replace_timekeeper); so a timer that is due before then is
      // a reason to have a successor at once. The processor first: what is ready then goes into its queue. Without one
      // it goes into the queue of all.
      end_rest(w);
      const bool resumed = resume_with_processor(w, count > 1 || timer_is_near());
      if (resumed) {
        deliver({events, count});
      } else {
        deliver_without_processor(w, {events, count});
      }
      begin_rest(w);
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

// Sleeps until somebody gives `w` a processor, its time as timekeeper has come, or its thread is to end.
void sleep_listed(worker& w) noexcept {
  for (;;) {
    base::nanoseconds deadline = base::never;
    bool in_poller = false;
    {
      const base::lock_guard hold(sched.lock);
      leave_poller(w);
      if (w.held != nullptr || w.thread_must_end) {
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

}  // namespace

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

// Step 3 of the park protocol.
bool work_anywhere() noexcept {
  if (sched.global_queue_size.load(base::memory_order_relaxed) != 0) {
    return true;
  }
  const std::uint32_t made = sched.processors_made.load(base::memory_order_acquire);  // sync: processors-made
  for (std::uint32_t i = 0; i < made; ++i) {
    if (!sched.processors[i].load(base::memory_order_relaxed)->idle()) {
      return true;
    }
  }
  return false;
}

void fail_if_nothing_is_left() noexcept {
  if (count_goroutines() == 0 && earliest_timer() == base::never && !(poller_used() && somebody_waits_for_io())) {
    base::fatal_error("no goroutines (main called runtime.Goexit) - deadlock!");
  }
}

bool time_is_kept() noexcept {
  return sched.timekeeper != nullptr || (earliest_timer() == base::never && !poller_used());
}

bool timer_is_near() noexcept {
  const base::nanoseconds earliest = earliest_timer();
  return earliest != base::never && earliest - base::now_ns() < longest_unattended;
}

void park_idle(worker& w, processor* give_up) noexcept {
  if (w.spinning) {  // before w is listed: whoever finds it there may set it anew
    w.spinning = false;
    sched.spinning.fetch_sub(1, base::memory_order_seq_cst);
  }
  {
    const base::lock_guard hold(sched.lock);
    w.held = nullptr;
    if (give_up != nullptr) {
      push_idle_processor(*give_up);
    }
    list_as_idle(w);
  }
  base::store_load_fence();  // submit / park protocol, worker's step 2
  if (sched.main_goexit.load(base::memory_order_relaxed)) [[unlikely]] {
    // account_end misses it when the last two end at the same time, neither seeing the other's count, or an alarm was
    // due.
    fail_if_nothing_is_left();
  }
  if (work_anywhere() && resume_with_processor(w, true)) {
    return;
  }
  begin_rest(w);
  sleep_listed(w);
  end_rest(w);
}

// A worker whose goroutine is locked to it sleeps on a word of its own: exactly one wake_locked answers each
// park_locked, while wake_word may be set late by somebody who meant an earlier sleep.
void park_locked(worker& w) noexcept {
  begin_rest(w);
  while (w.locked_word.load(base::memory_order_acquire) == wake_none) {  // sync: locked-wake
    base::futex_wait(w.locked_word, wake_none);
  }
  end_rest(w);
  w.locked_word.store(wake_none, base::memory_order_relaxed);
}

}  // namespace goro::sched
