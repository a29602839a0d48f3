// States of an event
//   unset     not set, nobody waits            left by a waiter to awaited, by set() to set
//   awaited   not set, somebody may wait       left by set() alone, under the bucket's lock
//   set       final
//
// A waiter sleeps only if it saw `awaited` under the bucket's lock, and set() leaves `awaited` under that lock while it
// empties the queue: nobody is forgotten. Timed-out waiters leave `awaited` behind; set() then finds an empty queue.
//
// Lifetime: the step to `set` is set()'s last touch, and until it nobody can see the event set. From `awaited` the step
// is made under the bucket's lock, after which only the table is used.
#include "goro/detail/event.hpp"

#include "base/atomic.hpp"
#include "base/local_time.hpp"
#include "sched/wait_table.hpp"

namespace goro::detail {

void event::set() noexcept {
  simulation_point();
  std::uint32_t seen = unset_;
  if (state_.compare_exchange_strong(seen, set_, base::memory_order_release,  // sync: event
                                     base::memory_order_relaxed)) {
    return;
  }
  sched::wake_all(this, [this](const sched::wake_info&) {
    state_.store(set_, base::memory_order_release);  // sync: event
    return 0U;
  });
}

bool event::wait(use reason, std::int64_t deadline_ns) noexcept {
  if (is_set()) {
    return true;
  }
  sched::preemption_point();
  if (deadline_ns != never_ns && deadline_ns <= base::local_now_ns()) {
    return is_set();
  }
  std::uint32_t seen = unset_;
  // relaxed: set() meets the waiter under the bucket's lock.
  if (!state_.compare_exchange_strong(seen, awaited_, base::memory_order_relaxed) && seen == set_) {
    return is_set();
  }
  const sched::wait_result result =
      sched::wait_on(this,
                     {.reason = reason == use::once ? sched::wait_reason::once_wait : sched::wait_reason::future_wait,
                      .deadline = deadline_ns},
                     [this] { return !is_set(); });
  return result.how != sched::wait_result::kind::timed_out;
}

}  // namespace goro::detail
