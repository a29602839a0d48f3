// The word of a wait_group: the counter in the upper half, the number of registered waiters in the lower.
//
//   (n, w)   n > 0    work is open; wait() registers itself, n and w change together
//   (0, w)   w > 0    the add() that reached zero is on its way to wake w waiters; nobody else may change the word
//   (0, 0)            nothing to wait for
//
// The step from (0, w) to (0, 0) is made under the bucket's lock, together with taking the waiters from their queue. A
// waiter that has registered but not queued yet finds, under the same lock, either w > 0 (the step is still to come: it
// queues) or 0 (it goes).
//
// Lifetime: an add() that leaves the counter above zero, or finds no waiters, touches the word once. One that must wake
// touches it last under the bucket's lock, before any waiter can go on: each registered waiter keeps the object alive
// until then.
//
// Race builds: this file is not instrumented, for its read-modify-writes would order each add() before the next, which
// nothing promises. done() releases, wait() acquires; and the first add() reads what the first of several wait()s
// writes, so that an add() beside a wait() is reported as the misuse it is (as sync/waitgroup.go does).
#include "goro/wait_group.hpp"

#include "base/atomic.hpp"
#include "base/check.hpp"
#include "platform/sanitizer.hpp"
#include "sched/wait_table.hpp"

namespace goro {
namespace {

constexpr int counter_shift = 32;

constexpr std::int64_t counter_of(std::uint64_t state) noexcept {
  return static_cast<std::int32_t>(state >> counter_shift);
}
constexpr std::uint32_t waiters_of(std::uint64_t state) noexcept { return static_cast<std::uint32_t>(state); }

}  // namespace

void wait_group::add(std::ptrdiff_t delta) {
  detail::simulation_point();
  if (delta > INT32_MAX || delta < INT32_MIN) {
    base::raise_panic(delta < 0 ? "sync: negative wait_group counter" : "sync: wait_group counter overflow");
  }
  if (delta < 0) {
    platform::sanitizer_release(&state_);
  }
  const std::uint64_t change = static_cast<std::uint64_t>(delta) << counter_shift;
  const std::uint64_t now = state_.fetch_add(change, base::memory_order_acq_rel) + change;  // sync: wait-group
  const std::int64_t counter = counter_of(now);
  if (counter < 0) {
    base::raise_panic("sync: negative wait_group counter");
  }
  if (delta > 0 && counter == delta) {
    platform::sanitizer_note_read(&state_, __builtin_return_address(0));
  }
  if (waiters_of(now) != 0 && delta > 0 && counter == delta) {
    base::raise_panic("sync: wait_group misuse: add called concurrently with wait");
  }
  if (counter == 0 && waiters_of(now) != 0) {
    release_waiters(now);
  }
}

void wait_group::release_waiters(std::uint64_t seen) {
  bool misused = false;
  sched::wake_all(this, [this, seen, &misused](const sched::wake_info&) {
    misused = state_.exchange(0, base::memory_order_acq_rel) != seen;  // sync: wait-group
    return 0U;
  });
  if (misused) {
    base::raise_panic("sync: wait_group misuse: add called concurrently with wait");
  }
}

void wait_group::wait() {
  sched::preemption_point();
  std::uint64_t seen = state_.load(base::memory_order_acquire);  // sync: wait-group
  do {
    if (counter_of(seen) == 0) {
      platform::sanitizer_acquire(&state_);
      return;
    }
  } while (!state_.compare_exchange_weak(seen, seen + 1, base::memory_order_acquire));  // sync: wait-group
  if (waiters_of(seen) == 0) {
    platform::sanitizer_note_write(&state_, __builtin_return_address(0));
  }
  sched::wait_on(this, {.reason = sched::wait_reason::wait_group_wait},
                 [this] { return waiters_of(state_.load(base::memory_order_acquire)) != 0; });  // sync: wait-group
  platform::sanitizer_acquire(&state_);
  if (state_.load(base::memory_order_relaxed) != 0) {
    base::raise_panic("sync: wait_group is reused before previous wait has returned");
  }
}

}  // namespace goro
