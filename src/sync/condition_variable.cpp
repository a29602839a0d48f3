// The word of a condition variable says whether somebody is in its queue; it changes only under the bucket's lock. The
// queue is first in, first out, so a place in it is Go's ticket.
//
// Why notify may look at the word without any lock: a waiter queues and sets it before it unlocks the mutex. Somebody
// who changes the data under the mutex later has acquired that unlock, so the word it loads says so; relaxed is enough,
// for the mutex orders. (Somebody who changed it before cannot have been overlooked: the waiter looked at the data
// under the mutex.)
//
// Lifetime: a waiter that was taken from the queue does not touch the condition variable again; whoever takes it
// updates the word, under the bucket's lock. Only a waiter that times out while still queued does so itself.
#include "goro/condition_variable.hpp"

#include "base/atomic.hpp"
#include "sched/lock_watch.hpp"
#include "sched/wait_table.hpp"

namespace goro {

bool condition_variable::wait_until_ns(mutex& m, std::int64_t deadline_ns) noexcept {
  const auto note_waiter = [this] {
    has_waiters_.store(true, base::memory_order_relaxed);
    return true;
  };
  // Runs when this goroutine may already have been woken. That is safe: it cannot leave m.lock() below, and so not this
  // frame, before this unlock.
  const auto unlock = [&m] { m.unlock(); };
  if (sched::watches_locks()) {
    sched::note_lock_released(&m);  // here, where it is known who does it
  }
  const auto timed_out = [this](bool others_wait) { has_waiters_.store(others_wait, base::memory_order_relaxed); };
  const sched::wait_result result = sched::wait_on(
      this, {.reason = sched::wait_reason::condition_wait, .deadline = deadline_ns}, note_waiter, unlock, timed_out);
  m.lock();
  return result.how == sched::wait_result::kind::woken;
}

void condition_variable::notify_one_slow() noexcept {
  sched::wake_one(this, [this](const sched::wake_info& info) {
    has_waiters_.store(info.others_wait, base::memory_order_relaxed);
    return 0U;
  });
}

void condition_variable::notify_all_slow() noexcept {
  sched::wake_all(this, [this](const sched::wake_info& info) {
    has_waiters_.store(info.others_wait, base::memory_order_relaxed);
    return 0U;
  });
}

}  // namespace goro
