// Deadlines of waits. Who may do what: everything about a heap happens under its queue's lock, firing included, so a waiter
// that has taken its timer out (or found it gone) under that lock knows that nobody touches it any more.
#include "sched/timers.hpp"

#include <utility>

#include "sched/scheduler.hpp"

namespace goro::sched {
namespace {

// Lock held.
void publish_earliest(timer_queue& q) noexcept {
  q.earliest.store(q.heap.earliest(), base::memory_order_seq_cst);
}

}  // namespace

void start_timer(wait_timer& t) noexcept {
  worker& w = *this_worker();
  timer_queue& q = w.held->timers;
  const base::nanoseconds when = t.when;
  {
    const base::lock_guard hold(q.lock);
    t.queue.store(&q, base::memory_order_relaxed);
    q.heap.insert(t);
    publish_earliest(q);
  }
  if (w.current != nullptr) {
    announce_timer(when);
  } else {
    w.pending_kick = when < w.pending_kick ? when : w.pending_kick;  // a worker that goes to sleep reads all timers itself
  }
}

void stop_timer(wait_timer& t) noexcept {
  timer_queue& q = *t.queue.load(base::memory_order_relaxed);
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
  unsigned woken = 0;
  waiter* ready[64];
  bool more = true;
  while (more) {
    unsigned count = 0;
    {
      const base::lock_guard hold(q.lock);
      while (count < std::size(ready)) {
        timer::entry* due = q.heap.pop_due(now);
        if (due == nullptr) {
          more = false;
          break;
        }
        auto& t = static_cast<wait_timer&>(*due);
        if (t.target->claim(t.outcome)) {
          ready[count++] = t.target;
        }
      }
      publish_earliest(q);
    }
    for (unsigned i = 0; i < count; ++i) {
      ready[i]->make_ready_quietly();
    }
    woken += count;
  }
  if (woken != 0) {
    wake_for_work();
  }
  return woken;
}

}  // namespace goro::sched
