// The word of a barrier: the phase, how many arrivals it still expects, and a bit that says that somebody waits.
//
// The arrival that brings the count to zero is alone: no other arrival is allowed until complete() has opened the next
// phase, so it runs the completion function and reads and writes participants_ without a lock. complete() changes the
// phase and clears the bit in one step. With the bit set that step is made under the bucket's lock, while the queue is
// emptied; a waiter sleeps only if it saw, under that lock, its own phase: nobody is forgotten.
//
// Lifetime: the step to the next phase is complete()'s last touch of the barrier, and nobody returns from wait() before
// it.
#include "goro/barrier.hpp"

#include "base/atomic.hpp"
#include "base/check.hpp"
#include "sched/wait_table.hpp"

namespace goro::detail {
namespace {

constexpr std::uint64_t has_waiters = 1;
constexpr std::uint64_t one_arrival = 2;
constexpr int phase_shift = 32;

constexpr std::uint32_t phase_of(std::uint64_t state) noexcept {
  return static_cast<std::uint32_t>(state >> phase_shift);
}
constexpr std::uint32_t expected_of(std::uint64_t state) noexcept { return static_cast<std::uint32_t>(state) >> 1; }
constexpr std::uint64_t opened(std::uint32_t phase, std::uint32_t participants) noexcept {
  return std::uint64_t{phase} << phase_shift | participants * one_arrival;
}

}  // namespace

barrier_core::barrier_core(std::ptrdiff_t expected)
    : state_(opened(0, static_cast<std::uint32_t>(expected))), participants_(static_cast<std::uint32_t>(expected)) {
  if (expected < 0 || expected > barrier<>::max()) {
    base::raise_panic("sync: barrier count out of range");
  }
}

barrier_core::arrival barrier_core::arrive(std::ptrdiff_t n) {
  simulation_point();
  std::uint64_t seen = state_.load(base::memory_order_relaxed);
  do {
    if (n <= 0 || n > static_cast<std::ptrdiff_t>(expected_of(seen))) {
      base::raise_panic("sync: barrier: more arrivals than expected");
    }
  } while (!state_.compare_exchange_weak(seen, seen - static_cast<std::uint64_t>(n) * one_arrival,
                                         base::memory_order_acq_rel,  // sync: barrier-arrival
                                         base::memory_order_relaxed));
  return {phase_of(seen), static_cast<std::ptrdiff_t>(expected_of(seen)) == n};
}

void barrier_core::complete() noexcept {
  // relaxed: drop() stands before the arrival that this caller has acquired (barrier-arrival).
  participants_ -= dropped_.exchange(0, base::memory_order_relaxed);
  std::uint64_t seen = state_.load(base::memory_order_relaxed);
  const std::uint64_t next = opened(phase_of(seen) + 1, participants_);
  while ((seen & has_waiters) == 0) {
    if (state_.compare_exchange_weak(seen, next, base::memory_order_release,  // sync: barrier-phase, barrier-arrival
                                     base::memory_order_relaxed)) {
      return;
    }
  }
  sched::wake_all(this, [this, next](const sched::wake_info&) {
    state_.store(next, base::memory_order_release);  // sync: barrier-phase, barrier-arrival
    return 0U;
  });
}

void barrier_core::wait(std::uint32_t phase) const noexcept {
  std::uint64_t seen = state_.load(base::memory_order_acquire);  // sync: barrier-phase
  do {
    if (phase_of(seen) != phase) {
      return;
    }
  } while ((seen & has_waiters) == 0 &&
           !state_.compare_exchange_weak(seen, seen | has_waiters, base::memory_order_acquire));  // sync: barrier-phase
  sched::wait_on(this, {.reason = sched::wait_reason::barrier_wait}, [this, phase] {
    return phase_of(state_.load(base::memory_order_acquire)) == phase;  // sync: barrier-phase
  });
}

}  // namespace goro::detail
