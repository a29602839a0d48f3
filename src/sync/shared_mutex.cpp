// A writer first takes the mutex writers_, so at most one writer at a time is concerned with the word state_:
//
//   writer_holds    A writer holds the lock. Set by it, or for it by who hands the lock over; cleared by its unlock.
//   writer_pending  The owner of writers_ waits for the lock, so new readers wait too. Set by it; cleared when it gets
//                   the lock or gives up.
//   readers_wait    Readers wait in the table, or are about to look there. Set by a reader that saw one of the bits
//                   above; cleared under the bucket's lock when they are admitted.
//   the rest        How many readers hold the lock.
//
// Two queues: readers wait on readers_key(), the pending writer (one at most) on writer_key().
//
// Why nobody is forgotten
//   - A reader sleeps only if, under its bucket's lock, it saw readers_wait and a writer. Both writer bits go away
//     while readers_wait is set only in admit_waiting_readers(), under that lock, which takes all readers from the
//     queue. Every other step that would clear the last writer bit is a compare-exchange that expects readers_wait to
//     be clear.
//   - The pending writer sleeps only if, under its bucket's lock, it saw a holder or a reader. The last reader that
//     leaves while writer_pending is set, and a writer that unlocks, make their last step under that lock: they find it
//     in the queue or make it look again.
//
// Lifetime: whoever gets the lock may destroy the object. So unlock() gives up writers_ first, while the lock is still
// held, and its last touch is the step that clears writer_holds; unlock_shared()'s is the step that takes its reader
// off. Where somebody is woken, that step is made under the bucket's lock; after it only the table is used.
//
// Race builds: this file is not instrumented, for its read-modify-writes would order each reader before the next, and
// hide races of readers that write. A writer's unlock is released on readers_key(), a reader's on writer_key().
#include "goro/shared_mutex.hpp"

#include "base/atomic.hpp"
#include "base/check.hpp"
#include "base/local_time.hpp"
#include "platform/sanitizer.hpp"
#include "sched/lock_watch.hpp"
#include "sched/wait_table.hpp"

namespace goro {

using sched::lock_mode;
using sched::wake_choice;
using sched::wake_info;
using kind = sched::wait_result::kind;

// Writers
// ------------------------------------------------------------------------------------------------------------------

void shared_mutex::note_exclusive() noexcept {
  platform::sanitizer_acquire(const_cast<void*>(readers_key()));
  platform::sanitizer_acquire(const_cast<void*>(writer_key()));
}

// For the owner of writers_: takes the lock if it is free.
bool shared_mutex::take_exclusive() noexcept {
  std::uint32_t seen = state_.load(base::memory_order_relaxed);
  while ((seen & writer_holds) == 0 && seen < one_reader) {
    if (state_.compare_exchange_weak(seen, (seen & ~writer_pending) | writer_holds,
                                     base::memory_order_acquire,  // sync: shared-mutex
                                     base::memory_order_relaxed)) {
      note_exclusive();
      return true;
    }
  }
  return false;
}

bool shared_mutex::try_lock() noexcept {
  sched::preemption_point();
  if (!try_exclusive()) {
    return false;
  }
  if (sched::watches_locks()) {
    sched::note_lock_held(this, lock_mode::exclusive, [this] { return writers_.mark(mutex::shared_watched); });
  }
  return true;
}

bool shared_mutex::lock_until_slow(std::int64_t deadline_ns) noexcept {
  sched::preemption_point();
  if (!sched::watches_locks()) {
    return wait_exclusive_slow(deadline_ns);
  }
  const auto is_new = [this] { return writers_.mark(mutex::shared_watched); };
  sched::note_lock_wanted(this, lock_mode::exclusive, is_new);
  if (!try_exclusive()) {
    sched::note_lock_wait(this, lock_mode::exclusive, sched::wait_reason::shared_mutex_lock,
                          deadline_ns != detail::never_ns, is_new);
    if (!wait_exclusive_slow(deadline_ns)) {
      sched::note_lock_given_up();
      return false;
    }
  }
  sched::note_lock_held(this, lock_mode::exclusive, is_new);
  return true;
}

// writers_ is not watched itself: its calls that look for that are not used.
bool shared_mutex::try_exclusive() noexcept {
  if (!writers_.try_lock_slow(writers_.state_.load(base::memory_order_relaxed))) {
    return false;
  }
  if (take_exclusive()) {
    return true;
  }
  writers_.unlock();
  return false;
}

bool shared_mutex::wait_exclusive_slow(std::int64_t deadline_ns) noexcept {
  if (!writers_.try_lock_slow(writers_.state_.load(base::memory_order_relaxed)) &&
      !writers_.lock_slow(deadline_ns, true)) {
    return false;
  }
  if (take_exclusive()) {
    return true;
  }
  // The writer before us gives up writers_ a moment before the lock itself.
  for (unsigned tries = 0; (state_.load(base::memory_order_relaxed) & writer_holds) != 0; ++tries) {
    if (!sched::spin_a_little(tries)) {
      break;
    }
  }
  state_.fetch_or(writer_pending, base::memory_order_relaxed);
  if (wait_as_pending(deadline_ns)) {
    return true;
  }
  writers_.unlock();
  return false;
}

// For the owner of writers_, with writer_pending set.
bool shared_mutex::wait_as_pending(std::int64_t deadline_ns) noexcept {
  for (;;) {
    if (take_exclusive()) {
      return true;
    }
    const sched::wait_result result = sched::wait_on(
        writer_key(), {.reason = sched::wait_reason::shared_mutex_lock, .deadline = deadline_ns}, [this] {
          const std::uint32_t seen = state_.load(base::memory_order_relaxed);
          return (seen & writer_holds) != 0 || seen >= one_reader;
        });
    switch (result.how) {
      case kind::woken:
        note_exclusive();
        return true;  // the lock was handed over
      case kind::timed_out:
      case kind::interrupted:  // no caller passes an interruption
        return withdraw();
      case kind::refused:
        continue;
    }
  }
}

// The pending writer gives up and lets the readers in that it held up. True: it got the lock at the last moment.
bool shared_mutex::withdraw() noexcept {
  for (;;) {
    if (take_exclusive()) {
      return true;
    }
    std::uint32_t seen = state_.load(base::memory_order_relaxed);
    const bool others_admit_readers = (seen & writer_holds) != 0;  // the holder, when it unlocks
    if (others_admit_readers || (seen & readers_wait) == 0) {
      if (state_.compare_exchange_strong(seen, seen & ~writer_pending, base::memory_order_relaxed)) {
        return false;
      }
    } else if (admit_waiting_readers(writer_pending)) {
      return false;
    }
  }
}

void shared_mutex::unlock() noexcept {
  platform::sanitizer_release(const_cast<void*>(readers_key()));
  if ((state_.load(base::memory_order_relaxed) & writer_holds) == 0) {
    base::fatal_error("sync: unlock of unlocked shared_mutex");
  }
  if (sched::watches_locks()) {
    sched::note_lock_released(this);
  }
  writers_.unlock();
  for (;;) {
    std::uint32_t seen = state_.load(base::memory_order_relaxed);
    if ((seen & readers_wait) != 0) {
      if (admit_waiting_readers(writer_holds)) {
        return;
      }
    } else if ((seen & writer_pending) != 0) {
      if (release_to_pending()) {
        return;
      }
    } else if (state_.compare_exchange_weak(seen, seen & ~writer_holds,
                                            base::memory_order_release,  // sync: shared-mutex
                                            base::memory_order_relaxed)) {
      return;
    }
  }
}

// Gives the lock to every reader that waits and clears `bit`, in one step. False: none waited, and only readers_wait
// was cleared.
bool shared_mutex::admit_waiting_readers(std::uint32_t bit) noexcept {
  return 0 != sched::wake_all(readers_key(), [this, bit](const wake_info& info) {
           const std::uint32_t cleared = info.woken != 0 ? bit | readers_wait : readers_wait;
           std::uint32_t seen = state_.load(base::memory_order_relaxed);
           while (!state_.compare_exchange_weak(seen, (seen & ~cleared) + info.woken * one_reader,
                                                base::memory_order_acq_rel,  // sync: shared-mutex
                                                base::memory_order_relaxed)) {
           }
           return 0U;
         });
}

// For the holder: the pending writer gets the lock, or (it is awake) finds it free.
// False: it has withdrawn and readers wait, so nothing was done.
bool shared_mutex::release_to_pending() noexcept {
  bool released = true;
  sched::wake_one(writer_key(), [this, &released](const wake_info& info) {
    std::uint32_t seen = state_.load(base::memory_order_relaxed);
    do {
      if (info.woken == 0 && (seen & (writer_pending | readers_wait)) == readers_wait) {
        released = false;
        return 0U;
      }
    } while (!state_.compare_exchange_weak(seen, seen & ~(info.woken != 0 ? writer_pending : writer_holds),
                                           base::memory_order_release,  // sync: shared-mutex
                                           base::memory_order_relaxed));
    return 0U;
  });
  return released;
}

// Readers
// ------------------------------------------------------------------------------------------------------------------

bool shared_mutex::lock_shared_slow(std::int64_t deadline_ns) noexcept {
  sched::preemption_point();
  if (!sched::watches_locks()) {
    return wait_shared_slow(deadline_ns);
  }
  const auto is_new = [this] { return writers_.mark(mutex::shared_watched); };
  sched::note_lock_wanted(this, lock_mode::shared, is_new);
  if (!take_shared()) {
    sched::note_lock_wait(this, lock_mode::shared, sched::wait_reason::shared_mutex_lock_shared,
                          deadline_ns != detail::never_ns, is_new);
    if (!wait_shared_slow(deadline_ns)) {
      sched::note_lock_given_up();
      return false;
    }
  }
  sched::note_lock_held(this, lock_mode::shared, is_new);
  return true;
}

// try_lock_shared() when the word is up that it looks at: somebody is to yield, or locks are watched.
bool shared_mutex::try_lock_shared_asked_slow() noexcept {
  sched::preemption_point();
  if (!take_shared()) {
    return false;
  }
  if (sched::watches_locks()) {
    sched::note_lock_held(this, lock_mode::shared, [this] { return writers_.mark(mutex::shared_watched); });
  }
  return true;
}

bool shared_mutex::wait_shared_slow(std::int64_t deadline_ns) noexcept {
  if (deadline_ns != detail::never_ns && deadline_ns <= base::local_now_ns()) {
    return false;
  }
  for (;;) {
    if (take_shared()) {
      return true;
    }
    std::uint32_t seen = state_.load(base::memory_order_relaxed);
    if ((seen & (writer_holds | writer_pending)) == 0 ||
        !state_.compare_exchange_strong(seen, seen | readers_wait, base::memory_order_relaxed)) {
      continue;
    }
    const sched::wait_result result = sched::wait_on(
        readers_key(), {.reason = sched::wait_reason::shared_mutex_lock_shared, .deadline = deadline_ns}, [this] {
          const std::uint32_t now = state_.load(base::memory_order_relaxed);
          return (now & readers_wait) != 0 && (now & (writer_holds | writer_pending)) != 0;
        });
    switch (result.how) {
      case kind::woken:
        platform::sanitizer_acquire(const_cast<void*>(readers_key()));
        return true;  // already counted
      case kind::timed_out:
      case kind::interrupted:  // no caller passes an interruption
        return false;          // readers_wait may stay behind: it costs one look into the table
      case kind::refused:
        continue;
    }
  }
}

#if GORO_WITH_TSAN
bool shared_mutex::take_shared() noexcept {
  if (!count_reader()) {
    return false;
  }
  platform::sanitizer_acquire(const_cast<void*>(readers_key()));
  return true;
}
#endif

void shared_mutex::unlock_shared() noexcept {
  detail::simulation_point();
  if (sched::watches_locks()) {
    sched::note_lock_released(this);
  }
  platform::sanitizer_release(const_cast<void*>(writer_key()));
  std::uint32_t seen = state_.load(base::memory_order_relaxed);
  for (;;) {
    if (seen < one_reader) {
      base::fatal_error("sync: unlock_shared of unlocked shared_mutex");
    }
    if (seen / one_reader == 1 && (seen & writer_pending) != 0) {
      if (leave_to_pending()) {
        return;
      }
      seen = state_.load(base::memory_order_relaxed);
    } else if (state_.compare_exchange_weak(seen, seen - one_reader, base::memory_order_release,  // sync: shared-mutex
                                            base::memory_order_relaxed)) {
      return;
    }
  }
}

// For what looks like the last reader: leaves, and hands the lock to the pending writer if that sleeps. A writer in the
// queue is the owner of writers_ and stays so while we hold the bucket's lock; with writer_pending set and one reader
// left (us), nothing but us can change the count. But before we had that lock, the writer we saw may have withdrawn,
// readers come and another writer queued: then the count is not one, and that writer is for the last of those readers.
// False: they left before our step, so that we are the last after all. Nothing was done.
bool shared_mutex::leave_to_pending() noexcept {
  bool left = true;
  bool kept_waiting = false;
  sched::wake_some(
      writer_key(),
      [&](std::uintptr_t) {
        kept_waiting = state_.load(base::memory_order_relaxed) / one_reader != 1;
        return kept_waiting ? wake_choice::stop : wake_choice::wake;
      },
      [](std::uintptr_t) {},
      [&](const wake_info& info) {
        std::uint32_t seen = state_.load(base::memory_order_relaxed);
        std::uint32_t after = 0;
        do {
          if (kept_waiting && seen / one_reader == 1) {
            left = false;
            return 0U;
          }
          after = seen - one_reader;
          if (info.woken != 0) {
            after = (after & ~writer_pending) | writer_holds;
          }
        } while (!state_.compare_exchange_weak(seen, after,
                                               base::memory_order_acq_rel,  // sync: shared-mutex
                                               base::memory_order_relaxed));
        return 0U;
      });
  return left;
}

}  // namespace goro
