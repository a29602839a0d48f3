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
// Either the submitter sees the idle processor, or the worker sees the work: with the fences not both loads can miss.
// A submitter that sees a searching worker leaves the work to it: that worker looks at all queues after it has stopped being
// counted as searching (step 3). A searching worker that finds work wakes the next one, for there may be more.
// A submitter that wakes a worker counts as searching on its behalf from before it looks for an idle processor; when there is none after
// all, it stops counting before it lets the lock go: see stop_counting_as_searching.
//
// A processor is given up and its worker listed in one critical section, so a waker that finds an idle processor
// finds a worker for it too and starts a thread only when there are fewer workers than processors.
#include <new>

#include "goro/go.hpp"
#include "platform/os.hpp"
#include "poll/poller.hpp"
#include "sched/handoff.hpp"
#include "sched/idle.hpp"
#include "sched/io_source.hpp"
#include "sched/polling.hpp"
#include "sched/scheduler.hpp"

namespace goro::sched {

void send_wake(worker& w) noexcept {
  if (w.wake_word.exchange(wake_sent, base::memory_order_release) == wake_none_in_poller) {  // sync: worker-wake
    the_poller().wake();
  } else {
    base::futex_wake(w.wake_word);
  }
}

namespace {

// Lock held. A processor beyond the limit only loses its owner: raising the limit brings it back.
void push_idle_processor(processor& p) noexcept {
  p.owner.store(nullptr, base::memory_order_relaxed);
  if (p.surplus.load(base::memory_order_relaxed)) {
    p.retired = true;
    return;
  }
  p.listed = true;
  p.next_idle = sched.idle_processor_list;
  sched.idle_processor_list = &p;
  sched.idle_processors.store(sched.idle_processors.load(base::memory_order_relaxed) + 1, base::memory_order_seq_cst);
}

// Lock held. Processors beyond the limit never stand in the list.
processor* pop_idle_processor(processor* preferred) noexcept {
  processor** link = &sched.idle_processor_list;
  if (preferred != nullptr) {
    while (*link != nullptr && *link != preferred) {
      link = &(*link)->next_idle;
    }
    if (*link == nullptr) {
      link = &sched.idle_processor_list;
    }
  }
  processor* p = *link;
  if (p != nullptr) {
    *link = p->next_idle;
    p->next_idle = nullptr;
    p->listed = false;
    sched.idle_processors.store(sched.idle_processors.load(base::memory_order_relaxed) - 1, base::memory_order_seq_cst);
  }
  return p;
}

}  // namespace

// Lock held.
void list_as_idle(worker& w) noexcept {
  w.parked_as = worker::parking::idle;
  w.previous_idle = nullptr;
  w.next_idle = sched.idle_workers;
  if (sched.idle_workers != nullptr) {
    sched.idle_workers->previous_idle = &w;
  }
  sched.idle_workers = &w;
}

// Lock held.
void unlist(worker& w) noexcept {
  if (w.parked_as == worker::parking::timekeeper) {
    sched.timekeeper = nullptr;
    sched.timekeeper_deadline.store(base::never, base::memory_order_relaxed);
  } else if (w.parked_as == worker::parking::idle) {
    (w.previous_idle != nullptr ? w.previous_idle->next_idle : sched.idle_workers) = w.next_idle;
    if (w.next_idle != nullptr) {
      w.next_idle->previous_idle = w.previous_idle;
    }
  }
  w.parked_as = worker::parking::none;
}

namespace {

// Lock held. The timekeeper is taken last: somebody must keep the time while processors are idle.
worker* pop_idle_worker() noexcept {
  worker* w = sched.idle_workers != nullptr ? sched.idle_workers : sched.timekeeper;
  if (w != nullptr) {
    unlist(*w);
  }
  return w;
}

}  // namespace

// Takes `w` out of the idle workers together with an idle processor. False when neither is to be had.
// When somebody gave `w` a processor meanwhile, that is as good.
bool resume_with_processor(worker& w, bool spinning) noexcept {
  const base::lock_guard hold(sched.lock);
  leave_poller(w);
  if (w.held != nullptr) {
    return true;
  }
  processor* p = pop_idle_processor(nullptr);
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

namespace {

// Lock held on entry, released on return.
void give_processor_and_wake(worker& w, processor& p, bool spinning) noexcept {
  attach(w, p);
  w.spinning = spinning;
  wake_sysmon_if_asleep();
  sched.lock.release();
  send_wake(w);
}

// Lock held: whoever puts a processor into the idle list after this has the lock later, so a submitter that sees that processor sees
// this too, and does not leave its work to a search that does not take place.
void stop_counting_as_searching() noexcept { sched.spinning.fetch_sub(1, base::memory_order_seq_cst); }

// Starts an idle processor, with a sleeping worker or a new one. The caller has counted itself into `spinning` on its behalf.
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
  if (start_worker(p, true)) {
    return;
  }
  // The system refuses a thread: whoever sleeps does it, or the workers that run already.
  sched.thread_refused.store(true, base::memory_order_relaxed);
  sched.lock.acquire();
  if (worker* w = pop_idle_worker()) {
    give_processor_and_wake(*w, *p, true);
    return;
  }
  stop_counting_as_searching();
  push_idle_processor(*p);
  sched.lock.release();
}

}  // namespace

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

void clear_idle_caches() noexcept {
  const base::lock_guard hold(sched.lock);
  for (processor* p = sched.idle_processor_list; p != nullptr; p = p->next_idle) {
    p->launches.clear();
    p->stacks.clear();
  }
}

void attach(worker& w, processor& p) noexcept {
  if (w.hog.load(base::memory_order_relaxed)) [[unlikely]] {
    end_hogging(w);
  }
  w.held = &p;
  w.last_held = &p;
  begin_slice(p);                                 // what the monitor has seen of the former owner does not count
  p.owner.store(&w, base::memory_order_release);  // sync: processor-owner
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

bool take_idle_processor(worker& w) noexcept {
  const base::lock_guard hold(sched.lock);
  processor* p = stopping() ? nullptr : pop_idle_processor(w.last_held);
  if (p == nullptr) {
    return false;
  }
  attach(w, *p);
  wake_sysmon_if_asleep();
  return true;
}

void return_processor(processor& p) noexcept { push_idle_processor(p); }

void set_surplus(processor& p, bool surplus) noexcept {
  p.surplus.store(surplus, base::memory_order_relaxed);
  if (!surplus) {
    if (p.retired) {
      p.retired = false;
      push_idle_processor(p);
    }
  } else if (p.listed) {
    pop_idle_processor(&p);
    p.retired = true;
  } else if (worker* owner = p.owner.load(base::memory_order_relaxed)) {
    ask_to_yield(*owner);
  }
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
    // account_end misses it when the last two end at the same time, neither seeing the other's count, or an alarm was due.
    fail_if_nothing_is_left();
  }
  if (work_anywhere() && resume_with_processor(w, true)) {
    return;
  }
  sleep_listed(w);
}

void hand_off_processor(processor& p) noexcept {
  sched.lock.acquire();
  const bool has_work = !p.idle() || !sched.global_queue.empty();
  if (!has_work || stopping()) {
    push_idle_processor(p);
    const bool nobody_polls = poller_used() && sched.timekeeper == nullptr;
    sched.lock.release();
    announce_timer(earliest_timer());
    // Queued between our look and the listing (announce_timer had the fence), or nobody is left who would look at the poller.
    if (nobody_polls || work_anywhere()) {
      wake_for_work();
    }
    return;
  }
  if (worker* w = pop_idle_worker()) {
    const bool was_timekeeper = sched.idle_workers == nullptr && sched.timekeeper == nullptr;
    give_processor_and_wake(*w, p, false);
    if (was_timekeeper && (poller_used() || earliest_timer() != base::never)) {
      wake_for_work();  // if a processor is idle, its worker finds nothing to do and keeps the time
    }
    return;
  }
  sched.lock.release();
  if (!start_worker(&p, false)) {
    const base::lock_guard hold(sched.lock);
    sched.thread_refused.store(true, base::memory_order_relaxed);
    push_idle_processor(p);
    wake_sysmon_if_asleep();  // it tries again
  }
}

// A worker whose goroutine is locked to it sleeps on a word of its own: exactly one wake_locked answers each park_locked,
// while wake_word may be set late by somebody who meant an earlier sleep.
void park_locked(worker& w) noexcept {
  while (w.locked_word.load(base::memory_order_acquire) == wake_none) {  // sync: locked-wake
    base::futex_wait(w.locked_word, wake_none);
  }
  w.locked_word.store(wake_none, base::memory_order_relaxed);
}

void wake_locked(worker& w, processor& p, runnable r) noexcept {
  w.given = r;
  w.given_processor = &p;                                      // w may still be busy giving up its former one
  w.locked_word.store(wake_sent, base::memory_order_release);  // sync: locked-wake
  base::futex_wake(w.locked_word);
}

}  // namespace goro::sched
