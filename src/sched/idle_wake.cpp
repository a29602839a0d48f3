// Who wakes whom, and for what: the other side of the protocols in idle.hpp, of who makes work visible or starts a
// timer.
#include "sched/idle.hpp"

namespace goro::sched {
namespace {

// Lock held on entry, released on return.
void give_processor_and_wake(worker& w, processor& p, bool spinning) noexcept {
  attach(w, p);
  w.spinning = spinning;
  wake_sysmon_if_asleep();
  sched.lock.release();
  send_wake(w);
}

// The same with a worker that sleeps. False: there is none, and the lock is held still.
bool give_to_sleeper(processor& p, bool spinning) noexcept {
  worker* w = pop_idle_worker();
  if (w == nullptr) {
    return false;
  }
  const bool was_timekeeper = sched.idle_workers == nullptr && sched.timekeeper == nullptr;
  give_processor_and_wake(*w, p, spinning);
  if (was_timekeeper && (poller_used() || earliest_timer() != base::never)) {
    wake_for_work();  // if a processor is idle, its worker finds nothing to do and keeps the time
  }
  return true;
}

// Lock held: whoever puts a processor into the idle list after this has the lock later, so a submitter that sees that
// processor sees this too, and does not leave its work to a search that does not take place.
void stop_counting_as_searching() noexcept { sched.spinning.fetch_sub(1, base::memory_order_seq_cst); }

// Starts an idle processor, with a sleeping worker or a new one. The caller has counted itself into `spinning` on its
// behalf.
void start_idle_processor() noexcept {
  sched.lock.acquire();
  processor* p = stopping() ? nullptr : pop_idle_processor(nullptr);
  if (p == nullptr) {
    stop_counting_as_searching();
    sched.lock.release();
    return;
  }
  // Rather a new worker than the timekeeper while other processors stay idle.
  const bool spare_timekeeper =
      sched.idle_workers == nullptr && sched.idle_processors.load(base::memory_order_relaxed) != 0 &&
      sched.worker_count.load(base::memory_order_relaxed) < sched.processor_limit.load(base::memory_order_relaxed);
  if (!spare_timekeeper) {
    if (worker* w = pop_idle_worker()) {
      give_processor_and_wake(*w, *p, true);
      return;
    }
  }
  wake_sysmon_if_asleep();
  sched.lock.release();
  start_worker(*p, true);
}

}  // namespace

// Whoever sleeps does it, or the workers that run already.
void do_without_thread(processor& p, bool spinning) noexcept {
  sched.thread_refused.store(true, base::memory_order_relaxed);
  sched.lock.acquire();
  if (!stopping() && give_to_sleeper(p, spinning)) {
    return;
  }
  if (spinning) {
    stop_counting_as_searching();
  }
  push_idle_processor(p);
  wake_sysmon_if_asleep();  // it tries again
  sched.lock.release();
}

void wake_for_work() noexcept {
  base::store_load_fence();  // submit / park protocol, submitter's step 2
  if (sched.idle_processors.load(base::memory_order_relaxed) == 0 ||
      sched.spinning.load(base::memory_order_relaxed) != 0) {
    return;
  }
  std::uint32_t nobody = 0;
  if (sched.spinning.compare_exchange_strong(nobody, 1, base::memory_order_seq_cst)) {
    start_idle_processor();
  }
}

void hand_off_processor(processor& p) noexcept {
  sched.lock.acquire();
  const bool has_work = !p.idle() || !sched.global_queue.empty();
  if (!has_work || stopping()) {
    push_idle_processor(p);
    const bool nobody_polls = poller_used() && sched.timekeeper == nullptr;
    sched.lock.release();
    announce_timer(earliest_timer());
    // Queued between our look and the listing (announce_timer had the fence), or nobody is left who would look at the
    // poller.
    if (nobody_polls || work_anywhere()) {
      wake_for_work();
    }
    return;
  }
  if (give_to_sleeper(p, false)) {
    return;
  }
  sched.lock.release();
  start_worker(p, false);
}

void wake_locked(worker& w, processor& p, runnable r) noexcept {
  w.given = r;
  w.given_processor = &p;                                      // w may still be busy giving up its former one
  w.locked_word.store(wake_sent, base::memory_order_release);  // sync: locked-wake
  base::futex_wake(w.locked_word);
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
  // Nobody sleeps. Who searches looks at the timers before he does; who computes, or waits in blocking(), may not look
  // for long, and before the first goroutine there is nobody.
  wake_for_work();
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

}  // namespace goro::sched
