// A mutual exclusion lock.
#pragma once

#include <chrono>
#include <cstdint>

#include "goro/detail/atomic.hpp"
#include "goro/detail/deadline.hpp"
#include "goro/detail/preemption.hpp"

namespace goro {

class context;
namespace sched {
class interruption;
}

// Lockable and TimedLockable: std::lock_guard, std::unique_lock and std::scoped_lock work on it. Four bytes, no
// allocation.
//
// Blocks the calling goroutine; on a foreign thread, the thread. It belongs to nobody: one goroutine may lock it and
// another unlock it. It is not recursive. It may be destroyed as soon as nobody holds or waits for it, even while the
// last unlock() has not returned.
//
// Normally a woken waiter competes with newcomers, which is fast because a running goroutine may take the lock many
// times in a row. A waiter that fails for more than 1 ms turns the mutex to starvation mode, in which each unlock hands
// the lock to the longest waiter and newcomers queue; the mode ends with a waiter that is the last one or waited less
// than 1 ms.
//
// Each unlock() happens before the lock() that follows it. Go: sync.Mutex (internal/sync/mutex.go).
class mutex {
 public:
  constexpr mutex() noexcept = default;
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;

  // Blocks until the caller has the lock.
  void lock() noexcept {
    if (detail::preemption_wanted.load(detail::memory_order_relaxed)) [[unlikely]] {
      lock_asked_slow();
      return;
    }
    // One step, whatever the other bits are: starving implies locked, and the others a newcomer leaves alone.
    if ((state_.fetch_or(locked, detail::memory_order_acquire) & locked) != 0) [[unlikely]] {  // sync: mutex
      lock_slow(detail::never_ns, false);
    }
  }

  // Takes the lock if that is possible without waiting. Never blocks, never fails spuriously, fails in
  // starvation mode; a failed try orders nothing. Rarely the right tool.
  bool try_lock() noexcept {
    if (detail::preemption_wanted.load(detail::memory_order_relaxed)) [[unlikely]] {
      return try_lock_asked_slow();
    }
    std::uint32_t expected = 0;
    return state_.compare_exchange_strong(expected, locked, detail::memory_order_acquire,  // sync: mutex
                                          detail::memory_order_relaxed) ||
           try_lock_slow(expected);
  }

  // Blocks until the caller has the lock (true) or the time is over (false). A time that is over already: one try.
  template <class Rep, class Period>
  bool try_lock_for(const std::chrono::duration<Rep, Period>& timeout) noexcept {
    return try_lock() || (timeout > timeout.zero() && lock_slow(detail::deadline_after(timeout), false));
  }
  template <class Clock, class Duration>
  bool try_lock_until(const std::chrono::time_point<Clock, Duration>& deadline) noexcept {
    return try_lock() || lock_slow(detail::deadline_at(deadline), false);
  }

  // Blocks until the caller has the lock (true) or ctx has ended (false). A context that has ended already never gets
  // it, free or not. The end of ctx happens before a return of false. With goro/context.hpp. Go has no counterpart.
  bool lock(const context& ctx) noexcept;

  // Gives the lock back. Never blocks.
  // Of an unlocked mutex it is fatal: `sync: unlock of unlocked mutex`.
  void unlock() noexcept {
    constexpr std::uint32_t one_is_awake = locked | woken | has_waiters;
    std::uint32_t seen = state_.load(detail::memory_order_relaxed);
    if (seen == locked) [[likely]] {
      if (state_.fetch_sub(locked, detail::memory_order_release) != locked) [[unlikely]] {  // sync: mutex
        unlocked_meanwhile_slow();
      }
    } else if (seen != one_is_awake ||
               !state_.compare_exchange_strong(seen, seen & ~locked, detail::memory_order_release,  // sync: mutex
                                               detail::memory_order_relaxed)) {
      unlock_slow();
    }
    detail::simulation_point();
  }

 private:
  friend class shared_mutex;

  // The bits of state_; src/sync/mutex.cpp says what they mean together. That of 2 is never set: a subtraction of
  // `locked` from what is not locked sets it.
  static constexpr std::uint32_t locked = 1, woken = 4, starving = 8, has_waiters = 16, watched = 32,
                                 shared_watched = 64;

  struct contender;
  enum class wait_end : std::uint8_t { look_again, owner, gave_up };
  bool lock_slow(std::int64_t deadline_ns, bool for_shared_mutex, sched::interruption* interrupter = nullptr) noexcept;
  bool try_lock_slow(std::uint32_t seen) noexcept;
  void lock_asked_slow() noexcept;
  bool try_lock_asked_slow() noexcept;
  bool mark(std::uint32_t bit) noexcept;
  bool lock_watched_slow(std::int64_t deadline_ns, sched::interruption* interrupter) noexcept;
  bool compete_slow(std::int64_t deadline_ns, bool for_shared_mutex, sched::interruption* interrupter) noexcept;
  void unlock_slow() noexcept;
  void unlocked_meanwhile_slow() const noexcept;
  static void check_bits(std::uint32_t seen) noexcept;
  bool spin(std::uint32_t seen, contender& self) noexcept;
  bool take(std::uint32_t seen, const contender& self) noexcept;
  bool announce(std::uint32_t seen, contender& self) noexcept;
  wait_end wait(contender& self) noexcept;
  void finish_handover(const contender& self) noexcept;
  std::uint32_t release_under_bucket_lock(bool woke_one, bool others_wait) noexcept;

  detail::atomic<std::uint32_t> state_{0};
};

}  // namespace goro
