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
//
// Time: while a processor is idle, one idle worker, the timekeeper, sleeps only until the earliest timer of all
// processors. It publishes that deadline, then reads the timers again; who starts a timer publishes it, then reads the
// deadline (the same store-load pair), and kicks the timekeeper when its timer comes first.
#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "goro/go.hpp"
#include "platform/os.hpp"
#include "poll/poller.hpp"
#include "sched/handoff.hpp"
#include "sched/io_source.hpp"
#include "sched/pause.hpp"
#include "sched/polling.hpp"
#include "sched/scheduler.hpp"

namespace goro::sched {
namespace {

constexpr std::uint32_t wake_none = 0;
constexpr std::uint32_t wake_sent = 1;
constexpr std::uint32_t wake_none_in_poller = 2;  // as wake_none, of the worker that sleeps in the poller

void send_wake(worker& w) noexcept {
  if (w.wake_word.exchange(wake_sent, base::memory_order_release) == wake_none_in_poller) {  // sync: worker-wake
    the_poller().wake();
  } else {
    base::futex_wake(w.wake_word);
  }
}

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

// Lock held. A processor beyond the limit only loses its owner: raising the limit brings it back.
void push_idle_processor(processor& p) noexcept {
  p.owner.store(nullptr, base::memory_order_release);  // sync: processor-owner
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

// Lock held.
void list_as_idle(worker& w) noexcept {
  w.parked_as = worker::parking::idle;
  w.previous_idle = nullptr;
  w.next_idle = sched.idle_workers;
  if (sched.idle_workers != nullptr) {
    sched.idle_workers->previous_idle = &w;
  }
  sched.idle_workers = &w;
  ++sched.idle_worker_count;
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
    if (--sched.idle_worker_count < sched.fewest_idle_workers) {
      sched.fewest_idle_workers = sched.idle_worker_count;
    }
  }
  w.parked_as = worker::parking::none;
}

// Lock held. The timekeeper is taken last: somebody must keep the time while processors are idle.
worker* pop_idle_worker() noexcept {
  worker* w = sched.idle_workers != nullptr ? sched.idle_workers : sched.timekeeper;
  if (w != nullptr) {
    unlist(*w);
  }
  return w;
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

// Sleeps in the poller until there are events, the deadline has passed, or somebody wakes `w`. True: it has a processor.
bool sleep_in_poller(worker& w, base::nanoseconds deadline) noexcept {
  poll::event events[poll::poller::most_events];
  for (;;) {
    const std::size_t count = the_poller().wait(events, deadline);
    if (count != 0) {
      // One event: mostly the worker is back in microseconds, and nobody need keep the time for it. If it stays away while a processor is
      // idle, the monitor sees to that (replace_timekeeper); so a timer that is due before then is a reason to have a successor at once.
      // The processor first: what is ready then goes into its queue. Without one it goes into the queue of all.
      end_rest(w);
      const bool resumed = resume_with_processor(w, count > 1 || timer_is_near());
      deliver({events, count});
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

// Who has been idle longest stands last, and goes first. Listed as it is, a worker may still be about to look for work (park_idle,
// step 3): it does, and wakes another one for what it finds (find_work). It may have been told of a new timer (announce_timer): one that
// stays is woken to work out the deadline in its stead. False: that was all.
bool retire_some() noexcept {
  std::array<worker*, 64> retired;
  std::uint32_t n = 0;
  {
    const base::lock_guard hold(sched.lock);
    const std::uint32_t keep = sched.processor_limit.load(base::memory_order_relaxed);
    const std::uint32_t fewest = sched.fewest_idle_workers;
    worker* last = sched.idle_workers;
    while (fewest > keep && last->next_idle != nullptr) {
      last = last->next_idle;
    }
    for (; n < retired.size() && fewest > keep + n; ++n) {
      worker& w = *std::exchange(last, last->previous_idle);
      unlist(w);
      w.thread_must_end = true;
      retired[n] = &w;
    }
    sched.fewest_idle_workers = fewest - n;
    if (n != 0) {
      send_wake(*sched.idle_workers);
    }
  }
  std::for_each_n(retired.begin(), n, [](worker* w) { send_wake(*w); });
  return n == retired.size();
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

bool retire_idle_workers() noexcept {
  while (retire_some()) {
  }
  const base::lock_guard hold(sched.lock);
  sched.fewest_idle_workers = sched.idle_worker_count;
  return sched.idle_worker_count > sched.processor_limit.load(base::memory_order_relaxed);
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
  begin_rest(w);
  sleep_listed(w);
  end_rest(w);
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
  begin_rest(w);
  while (w.locked_word.load(base::memory_order_acquire) == wake_none) {  // sync: locked-wake
    base::futex_wait(w.locked_word, wake_none);
  }
  end_rest(w);
  w.locked_word.store(wake_none, base::memory_order_relaxed);
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
  // Nobody sleeps. Who searches looks at the timers before he does; who computes, or waits in blocking(), may not look for long, and
  // before the first goroutine there is nobody.
  wake_for_work();
}

}  // namespace goro::sched
