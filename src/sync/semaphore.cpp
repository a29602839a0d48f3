// The word of a semaphore: the free units, and a bit that says that somebody waits (or is about to look into the
// table).
//
// Invariants
//   - With the bit set the free units change only under the bucket's lock: acquirers do not take past the queue,
//     releasers go to the queue. So one pass over the queue sees a number that stands still.
//   - The bit is set by a waiter and cleared only under the bucket's lock, by a pass that leaves nobody queued. A
//     waiter sleeps only if it saw the bit there: either the next pass finds it, or it looks again.
//   - A pass is made after every event that may let the head of the queue go on: a release, and a waiter that gave up,
//     since it may have been the large request at the head that held up the others.
//
// Lifetime: release() touches the word last in the compare-exchange that gives the units back, or in the pass, under
// the bucket's lock and before any chosen waiter can go on.
#include "goro/semaphore.hpp"

#include "base/atomic.hpp"
#include "base/check.hpp"
#include "base/local_time.hpp"
#include "sched/wait_table.hpp"

namespace goro {
namespace {

constexpr std::uint64_t has_waiters = 1;
constexpr const char* released_too_many = "semaphore: released more than held";

constexpr std::ptrdiff_t free_units(std::uint64_t state) noexcept { return static_cast<std::ptrdiff_t>(state >> 1); }
constexpr std::uint64_t with_units(std::ptrdiff_t units) noexcept { return static_cast<std::uint64_t>(units) << 1; }

void check_weight(std::ptrdiff_t n) {
  if (n < 0) {
    base::raise_panic("semaphore: negative weight");
  }
}

}  // namespace

semaphore::semaphore(std::ptrdiff_t n) : state_(with_units(n)), size_(n) {
  if (n < 0 || n > max()) {
    base::raise_panic("semaphore: size out of range");
  }
}

bool semaphore::take(std::ptrdiff_t n) noexcept {
  sched::preemption_point();
  std::uint64_t seen = state_.load(base::memory_order_relaxed);
  while ((seen & has_waiters) == 0 && free_units(seen) >= n) {
    if (state_.compare_exchange_weak(seen, seen - with_units(n), base::memory_order_acquire,  // sync: semaphore
                                     base::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

// True: took n units. False: the bit is set and the caller must go to the table.
bool semaphore::take_or_announce(std::ptrdiff_t n) noexcept {
  for (;;) {
    if (take(n)) {
      return true;
    }
    std::uint64_t seen = state_.load(base::memory_order_relaxed);
    if ((seen & has_waiters) != 0) {
      return false;
    }
    if (free_units(seen) < n && state_.compare_exchange_strong(seen, seen | has_waiters, base::memory_order_relaxed)) {
      return false;
    }
  }
}

bool semaphore::try_acquire(std::ptrdiff_t n) {
  check_weight(n);
  return take(n);
}

bool semaphore::acquire_until_ns(std::ptrdiff_t n, std::int64_t deadline_ns, sched::interruption* interrupter) {
  check_weight(n);
  const bool impossible = n > size_;
  if (!impossible && take(n)) {
    return true;
  }
  if (deadline_ns != detail::never_ns && deadline_ns <= base::local_now_ns()) {
    return false;
  }
  const sched::wait_options options{.reason = sched::wait_reason::semaphore_acquire,
                                    .note = static_cast<std::uintptr_t>(n),
                                    .deadline = deadline_ns,
                                    .interrupter = interrupter};
  if (impossible) {
    sched::wait_on(wait_key(n), options, [] { return true; });
    return false;
  }
  for (;;) {
    if (take_or_announce(n)) {
      return true;
    }
    const sched::wait_result result = sched::wait_on(
        wait_key(n), options, [this] { return (state_.load(base::memory_order_relaxed) & has_waiters) != 0; });
    switch (result.how) {
      case sched::wait_result::kind::woken:
        return true;  // the pass has taken the units for us
      case sched::wait_result::kind::timed_out:
      case sched::wait_result::kind::interrupted:
        pass_over_queue(0);
        return false;
      case sched::wait_result::kind::refused:
        continue;
    }
  }
}

void semaphore::release(std::ptrdiff_t n) {
  detail::simulation_point();
  check_weight(n);
  std::uint64_t seen = state_.load(base::memory_order_relaxed);
  do {
    if (n > size_ - free_units(seen)) {
      base::raise_panic(released_too_many);
    }
    if ((seen & has_waiters) != 0) {
      if (!pass_over_queue(n)) {
        base::raise_panic(released_too_many);
      }
      return;
    }
  } while (!state_.compare_exchange_weak(seen, seen + with_units(n), base::memory_order_release,  // sync: semaphore
                                         base::memory_order_relaxed));
}

// Offers the free units and n more to the queue. False: n would be more than was taken; then they were not added.
bool semaphore::pass_over_queue(std::ptrdiff_t n) noexcept {
  std::ptrdiff_t left = 0;
  bool frozen = false;
  bool too_many = false;
  const auto freeze = [&] {
    if (!frozen) {
      frozen = true;
      // An earlier pass may have cleared the bit; set again it keeps everybody else off the word until finish.
      left = free_units(state_.fetch_or(has_waiters, base::memory_order_relaxed));
      too_many = n > size_ - left;
      left += too_many ? 0 : n;
    }
  };
  sched::wake_some(
      this,
      [&](std::uintptr_t weight) {
        freeze();
        return static_cast<std::ptrdiff_t>(weight) <= left ? sched::wake_choice::wake : sched::wake_choice::stop;
      },
      [&](std::uintptr_t weight) { left -= static_cast<std::ptrdiff_t>(weight); },
      [&](const sched::wake_info& info) {
        freeze();
        // acquire too: a chosen waiter also gets what earlier releases have published, through this goroutine.
        state_.exchange(with_units(left) | (info.others_wait ? has_waiters : 0),
                        base::memory_order_acq_rel);  // sync: semaphore
        return 0U;
      });
  return !too_many;
}

}  // namespace goro
