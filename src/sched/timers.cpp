// Deadlines of waits. Who may do what: everything about a heap happens under its queue's lock, firing included, so a waiter
// that has taken its timer out (or found it gone) under that lock knows that nobody touches it any more.
#include "sched/timers.hpp"

#include <utility>

#include "platform/sanitizer.hpp"
#include "sched/scheduler.hpp"

namespace goro::sched {
namespace {

// Lock held.
void publish_earliest(timer_queue& q) noexcept { q.earliest.store(q.heap.earliest(), base::memory_order_seq_cst); }

}  // namespace

void start_timer(wait_timer& t) noexcept {
  worker& w = *this_worker();
  timer_queue& q = w.held->timers;
  const base::nanoseconds when = t.when;
  {
    const platform::sanitizer_unobserved quiet;
    const base::lock_guard hold(q.lock);
    t.queue.store(&q, base::memory_order_relaxed);
    q.heap.insert(t);
    publish_earliest(q);
  }
  if (w.current != nullptr) {
    announce_timer(when);
  } else {
    w.pending_kick =
        when < w.pending_kick ? when : w.pending_kick;  // a worker that goes to sleep reads all timers itself
  }
}

void stop_timer(wait_timer& t) noexcept {
  timer_queue& q = *t.queue.load(base::memory_order_relaxed);
  const platform::sanitizer_unobserved quiet;
  const base::lock_guard hold(q.lock);
  if (q.heap.remove(t)) {
    publish_earliest(q);
  }
}

unsigned run_due_timers(timer_queue& q, base::nanoseconds now) noexcept {
  if (q.earliest.load(base::memory_order_relaxed) > now) {
    return 0;
  }
  // Fired under the lock, made ready after it: the claim is what needs the lock, and waiters stay linked by themselves meanwhile.
  wait_timer* fired = nullptr;
  wait_timer** end = &fired;
  {
    const platform::sanitizer_unobserved quiet;
    const base::lock_guard hold(q.lock);
    while (timer::entry* due = q.heap.pop_due(now)) {
      auto& t = static_cast<wait_timer&>(*due);
      if (t.target->claim(t.outcome)) {
        *end = &t;
        end = &t.next_fired;
      }
    }
    publish_earliest(q);
  }
  unsigned woken = 0;
  while (fired != nullptr) {
    wait_timer* next = fired->next_fired;  // gone once its goroutine is ready
    fired->target->make_ready_quietly();
    fired = next;
    ++woken;
  }
  if (woken != 0) {
    wake_for_work();
  }
  return woken;
}

}  // namespace goro::sched
