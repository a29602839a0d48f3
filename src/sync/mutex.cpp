// The word of a mutex. Its waiters stand in the wait table under the mutex's address.
//
//   locked       Somebody has the lock. Set by whoever takes it, cleared by unlock; a handover leaves it set.
//   woken        A contender is awake: unlock need not wake another. Set by a contender that spins, or for it by the
//                unlock that wakes it; cleared by that contender when it takes the lock or queues.
//   starving     Unlock hands over instead of releasing. Set, while locked, by a waiter of more than 1 ms; cleared by
//                the receiver of a handover, or when nobody waits.
//   has_waiters  Somebody waits in the table, or is about to look there. Set by that waiter, cleared under the
//                bucket's lock.
//   watched      Where locks are watched (sched/lock_watch.hpp): this one is known there. Set by the first who locks
//                it, never cleared. shared_watched: the same of the shared_mutex that this mutex is part of.
//
// Invariants
//   - starving implies locked: in starvation mode ownership goes from hand to hand. But for one case: the mode begins
//     while unlock() is between its look and its subtraction. Then the lock is free once more, and whoever takes it
//     next hands it over.
//   - A waiter sleeps only if, under the bucket's lock, it saw locked and has_waiters. Who clears has_waiters, or
//     locked while has_waiters is set, either holds that lock (and finds the waiter in the queue, or makes it look
//     again); or has seen `woken`: then the contender that this bit stands for takes the lock and unlocks it, or queues
//     with the bit cleared while the lock is held, and either way a later unlock wakes; or it is the subtraction of
//     unlock(), which takes the bucket's lock afterwards (see Lifetime). So no waiter is forgotten.
//   - Two contenders may be awake with one bit between them (an unlock wakes while a newcomer starts to spin). Then the
//     bit is cleared early, and a later unlock wakes one waiter more than it must. Nothing is lost.
//
// Lifetime: whoever gets the lock may destroy the mutex at once. So the step that lets go of `locked` is the last touch
// of the word. Where a waiter has to be chosen it is a step inside the wait table's bucket lock, with `locked` still
// set until then. Where unlock() sees nobody it is a subtraction whose result alone says whether that has changed
// (`lock sub`: half a nanosecond less than a compare-exchange); a waiter that has announced itself meanwhile is woken
// after it, by address. By then another object may live at that address, so only one is woken that waits for a mutex,
// as it bears that at any time: it looks again, and its bit has_waiters, which is left set, makes one more
// unlock look into the table. That no waiter is forgotten: it either has queued when the bucket is looked at, and is
// found; or it queues later, and then sees under the bucket's lock that the lock was let go, or the next owner's
// `locked`, whose unlock() finds has_waiters.
//
// Two that unlock at once what is locked once: the second subtraction borrows, from whatever bits there are, and sets
// the bit that is never set. The next call that looks closer says so.
#include "goro/mutex.hpp"

#include "base/atomic.hpp"
#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/local_time.hpp"
#include "sched/lock_watch.hpp"
#include "sched/wait_table.hpp"

namespace goro {
namespace {

constexpr base::nanoseconds starvation_limit = 1'000'000;

// What an unlock tells the waiter it chose.
constexpr std::uint32_t token_compete = 1;
constexpr std::uint32_t token_you_own_it = 2;
constexpr std::uint32_t token_look_again = 3;  // the same as token_compete, but no `woken` bit stands for it

}  // namespace

// One call of lock() on the slow path.
struct mutex::contender {
  base::nanoseconds deadline = base::never;
  sched::interruption* interrupter = nullptr;
  sched::wait_reason reason = sched::wait_reason::mutex_lock;
  base::nanoseconds waiting_since = 0;  // 0: has not waited yet
  unsigned spins = 0;
  bool was_queued = false;  // from now on it queues at the head
  bool awake = false;       // the `woken` bit stands for this contender
  bool starved = false;

  base::nanoseconds waited() const noexcept { return base::local_now_ns() - waiting_since; }
};

void mutex::check_bits(std::uint32_t seen) noexcept {
  constexpr std::uint32_t all = locked | woken | starving | has_waiters | watched | shared_watched;
  if ((seen & ~all) != 0) [[unlikely]] {
    base::fatal_error("sync: unlock of unlocked mutex");
  }
}

// While the lock is held in normal mode it pays to stay awake for a moment: a running contender needs no context
// switch.
bool mutex::spin(std::uint32_t seen, contender& self) noexcept {
  if ((seen & (locked | starving)) != locked || !sched::spin_a_little(self.spins)) {
    return false;
  }
  ++self.spins;
  if (!self.awake && (seen & woken) == 0 && (seen & has_waiters) != 0) {
    // relaxed: the bit is a hint to unlock; nothing is published by it.
    self.awake = state_.compare_exchange_strong(seen, seen | woken, base::memory_order_relaxed);
  }
  return true;
}

bool mutex::take(std::uint32_t seen, const contender& self) noexcept {
  const std::uint32_t taken = (self.awake ? seen & ~woken : seen) | locked;
  return state_.compare_exchange_strong(seen, taken, base::memory_order_acquire,  // sync: mutex
                                        base::memory_order_relaxed);
}

// Writes into the word that `self` is going to wait.
bool mutex::announce(std::uint32_t seen, contender& self) noexcept {
  std::uint32_t announced = seen | has_waiters;
  if (self.starved) {
    announced |= starving;
  }
  if (self.awake) {
    announced &= ~woken;
  }
  // relaxed: whoever acts on these bits meets this contender under the bucket's lock.
  if (announced != seen && !state_.compare_exchange_strong(seen, announced, base::memory_order_relaxed)) {
    return false;
  }
  self.awake = false;
  return true;
}

// The caller was given the lock in starvation mode: does the mode go on?
void mutex::finish_handover(const contender& self) noexcept {
  const bool last = (state_.load(base::memory_order_relaxed) & has_waiters) == 0;
  if (last || !(self.starved || self.waited() > starvation_limit)) {
    state_.fetch_and(~starving, base::memory_order_relaxed);
  }
}

bool mutex::lock_slow(std::int64_t deadline_ns, bool for_shared_mutex, sched::interruption* interrupter) noexcept {
  return sched::watches_locks() && !for_shared_mutex ? lock_watched_slow(deadline_ns, interrupter)
                                                     : compete_slow(deadline_ns, for_shared_mutex, interrupter);
}

// lock() when the word is up that it looks at: somebody is to yield, or locks are watched.
void mutex::lock_asked_slow() noexcept {
  sched::preemption_point();
  std::uint32_t expected = 0;
  if (sched::watches_locks()) {
    lock_watched_slow(detail::never_ns, nullptr);
  } else if (!state_.compare_exchange_strong(expected, locked, base::memory_order_acquire,  // sync: mutex
                                             base::memory_order_relaxed)) {
    compete_slow(detail::never_ns, false, nullptr);
  }
}

bool mutex::try_lock_asked_slow() noexcept {
  sched::preemption_point();
  if (!try_lock_slow(state_.load(base::memory_order_relaxed))) {
    return false;
  }
  if (sched::watches_locks()) {
    sched::note_lock_held(this, sched::lock_mode::exclusive, [this] { return mark(watched); });
  }
  return true;
}

bool mutex::lock_watched_slow(std::int64_t deadline_ns, sched::interruption* interrupter) noexcept {
  const auto is_new = [this] { return mark(watched); };
  sched::note_lock_wanted(this, sched::lock_mode::exclusive, is_new);
  if (!try_lock_slow(state_.load(base::memory_order_relaxed))) {
    const bool may_give_up = deadline_ns != detail::never_ns || interrupter != nullptr;
    sched::note_lock_wait(this, sched::lock_mode::exclusive, sched::wait_reason::mutex_lock, may_give_up, is_new);
    if (!compete_slow(deadline_ns, false, interrupter)) {
      sched::note_lock_given_up();
      return false;
    }
  }
  sched::note_lock_held(this, sched::lock_mode::exclusive, is_new);
  return true;
}

// relaxed: under the lock of those who watch.
bool mutex::mark(std::uint32_t bit) noexcept {
  return (state_.load(base::memory_order_relaxed) & bit) == 0 &&
         (state_.fetch_or(bit, base::memory_order_relaxed) & bit) == 0;
}

bool mutex::compete_slow(std::int64_t deadline_ns, bool for_shared_mutex, sched::interruption* interrupter) noexcept {
  sched::preemption_point();
  if (deadline_ns != detail::never_ns && deadline_ns <= base::local_now_ns()) {
    return false;
  }
  contender self;
  self.deadline = deadline_ns;
  self.interrupter = interrupter;
  self.reason = for_shared_mutex ? sched::wait_reason::shared_mutex_lock : sched::wait_reason::mutex_lock;
  for (;;) {
    const std::uint32_t seen = state_.load(base::memory_order_relaxed);
    check_bits(seen);
    if (spin(seen, self)) {
      continue;
    }
    if ((seen & locked) == 0) {
      if (take(seen, self)) {
        return true;
      }
      continue;
    }
    if (!announce(seen, self)) {
      continue;
    }
    switch (wait(self)) {
      case wait_end::look_again:
        continue;
      case wait_end::owner:
        return true;
      case wait_end::gave_up:
        return false;
    }
  }
}

// Waits in the table, unless the lock has become free meanwhile.
mutex::wait_end mutex::wait(contender& self) noexcept {
  if (self.waiting_since == 0) {
    self.waiting_since = base::local_now_ns();
  }
  const auto still_needed = [this] {
    constexpr std::uint32_t must = locked | has_waiters;
    return (state_.load(base::memory_order_relaxed) & must) == must;
  };
  const auto timed_out_cleanup = [this](bool others_wait) {
    if (!others_wait) {
      state_.fetch_and(~(has_waiters | starving), base::memory_order_relaxed);
    }
  };
  const sched::wait_result result = sched::wait_on(this,
                                                   {.reason = self.reason,
                                                    .front = self.was_queued,
                                                    .looks_again = true,
                                                    .deadline = self.deadline,
                                                    .waiting_since = self.waiting_since,
                                                    .interrupter = self.interrupter},
                                                   still_needed, timed_out_cleanup);
  switch (result.how) {
    case sched::wait_result::kind::refused:
      return wait_end::look_again;
    case sched::wait_result::kind::timed_out:
    case sched::wait_result::kind::interrupted:
      return wait_end::gave_up;  // nobody chose this waiter, so it owes nobody a wake
    case sched::wait_result::kind::woken:
      break;
  }
  if (result.token == token_you_own_it) {
    finish_handover(self);
    return wait_end::owner;
  }
  self.was_queued = true;
  self.awake = result.token == token_compete;
  self.starved = self.starved || self.waited() > starvation_limit;
  self.spins = 0;
  return wait_end::look_again;
}

bool mutex::try_lock_slow(std::uint32_t seen) noexcept {
  check_bits(seen);
  while ((seen & locked) == 0) {  // starving: locked too, but for the case at the head of this file
    if (state_.compare_exchange_weak(seen, seen | locked, base::memory_order_acquire,  // sync: mutex
                                     base::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

void mutex::unlock_slow() noexcept {
  constexpr std::uint32_t told = locked | watched;
  if (sched::watches_locks() && (state_.load(base::memory_order_relaxed) & told) == told) {
    sched::note_lock_released(this);
  }
  for (;;) {
    std::uint32_t seen = state_.load(base::memory_order_relaxed);
    check_bits(seen);
    if ((seen & locked) == 0) {
      base::fatal_error("sync: unlock of unlocked mutex");
    }
    const bool somebody_is_awake = (seen & (woken | starving)) == woken;
    if ((seen & has_waiters) != 0 && !somebody_is_awake) {
      break;
    }
    const std::uint32_t kept = (seen & has_waiters) != 0 ? ~locked : ~(locked | starving);
    if (state_.compare_exchange_strong(seen, seen & kept, base::memory_order_release,  // sync: mutex
                                       base::memory_order_relaxed)) {
      return;
    }
  }
  sched::wake_one(this, [this](const sched::wake_info& info) {
    return release_under_bucket_lock(info.woken != 0, info.others_wait);
  });
}

// The lock was let go of, and the word may be gone. It was more than `locked`: most likely somebody has announced
// itself. What else it may have been (a contender that is awake) makes this wake one more than is needed.
void mutex::unlocked_meanwhile_slow() const noexcept { sched::wake_to_look_again(this, token_look_again); }

// The last touch of the word, unless the lock stays with the waiter that was chosen.
std::uint32_t mutex::release_under_bucket_lock(bool woke_one, bool others_wait) noexcept {
  std::uint32_t seen = state_.load(base::memory_order_relaxed);
  for (;;) {
    const bool hand_over = woke_one && (seen & starving) != 0;
    std::uint32_t after = others_wait ? seen | has_waiters : seen & ~has_waiters;
    if (!hand_over) {
      after &= ~(locked | starving);
      if (woke_one) {
        after |= woken;
      }
    }
    if (state_.compare_exchange_weak(seen, after, base::memory_order_release,  // sync: mutex
                                     base::memory_order_relaxed)) {
      return hand_over ? token_you_own_it : token_compete;
    }
  }
}

}  // namespace goro
