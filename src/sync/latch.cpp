// The word of a latch: the counter, and a bit that says that somebody waits.
//
// The bit is cleared in one place: under the bucket's lock, by the count_down() that reached zero, while it empties the
// queue. Until then a waiter that comes to the table queues, afterwards it goes: nobody is forgotten.
//
// Lifetime: a count_down() touches the word once unless it reached zero with the bit set; then its last touch is under
// the bucket's lock, and whoever set the bit has not returned from wait() before it.
#include "goro/latch.hpp"

#include "base/atomic.hpp"
#include "base/check.hpp"
#include "sched/wait_table.hpp"

namespace goro {
namespace {
constexpr std::uint64_t has_waiters = 1;
constexpr std::uint64_t one = 2;
}  // namespace

latch::latch(std::ptrdiff_t expected) : state_(static_cast<std::uint64_t>(expected) * one) {
  if (expected < 0 || expected > max()) {
    base::raise_panic("sync: latch count out of range");
  }
}

void latch::count_down(std::ptrdiff_t n) {
  detail::simulation_point();
  std::uint64_t seen = state_.load(base::memory_order_relaxed);
  do {
    if (n < 0 || static_cast<std::uint64_t>(n) > seen / one) {
      base::raise_panic("sync: latch counted below zero");
    }
  } while (!state_.compare_exchange_weak(seen, seen - static_cast<std::uint64_t>(n) * one,
                                         base::memory_order_acq_rel,  // sync: latch
                                         base::memory_order_relaxed));
  if (n == 0 || seen - static_cast<std::uint64_t>(n) * one != has_waiters) {
    return;
  }
  sched::wake_all(this, [this](const sched::wake_info&) {
    state_.exchange(0, base::memory_order_acq_rel);  // sync: latch
    return 0U;
  });
}

bool latch::try_wait() const noexcept {
  sched::preemption_point();
  return state_.load(base::memory_order_acquire) < one;  // sync: latch
}

void latch::wait() const noexcept {
  std::uint64_t seen = state_.load(base::memory_order_acquire);  // sync: latch
  do {
    if (seen < one) {
      return;
    }
  } while ((seen & has_waiters) == 0 &&
           !state_.compare_exchange_weak(seen, seen | has_waiters, base::memory_order_acquire));  // sync: latch
  sched::wait_on(this, {.reason = sched::wait_reason::latch_wait}, [this] {
    return (state_.load(base::memory_order_acquire) & has_waiters) != 0;  // sync: latch
  });
}

}  // namespace goro
