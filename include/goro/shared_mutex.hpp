// A lock that many readers or one writer hold.
#pragma once

#include <chrono>
#include <cstdint>

#include "goro/detail/atomic.hpp"
#include "goro/detail/config.hpp"
#include "goro/detail/deadline.hpp"
#include "goro/detail/preemption.hpp"
#include "goro/mutex.hpp"

namespace goro {

// SharedTimedMutex: std::shared_lock, std::unique_lock and std::lock_guard work on it. Eight bytes, no allocation.
//
// A writer that waits holds up new readers, so writers are not starved; a goroutine that locks shared twice can
// therefore deadlock with a writer in between. unlock() lets all readers that wait go before the next writer, so
// readers are not starved either. There is no upgrade from shared to exclusive. Belongs to no goroutine, is not
// recursive, and may be destroyed as soon as nobody holds or waits for it, even while the last unlock has not returned:
// as goro::mutex.
//
// unlock() happens before every lock() and lock_shared() that follows; unlock_shared() before every lock() that
// follows. Go: sync.RWMutex (sync/rwmutex.go); its RLocker is std::shared_lock here.
class shared_mutex {
 public:
  constexpr shared_mutex() noexcept = default;
  shared_mutex(const shared_mutex&) = delete;
  shared_mutex& operator=(const shared_mutex&) = delete;

  // Blocks until the caller holds the lock alone.
  void lock() noexcept { lock_until_slow(detail::never_ns); }

  // Takes the lock if that is possible without waiting. A failed try orders nothing.
  bool try_lock() noexcept;

  // Blocks until the caller holds the lock alone (true) or the time is over (false).
  template <class Rep, class Period>
  bool try_lock_for(const std::chrono::duration<Rep, Period>& timeout) noexcept {
    return try_lock() || (timeout > timeout.zero() && lock_until_slow(detail::deadline_after(timeout)));
  }
  template <class Clock, class Duration>
  bool try_lock_until(const std::chrono::time_point<Clock, Duration>& deadline) noexcept {
    return try_lock() || lock_until_slow(detail::deadline_at(deadline));
  }

  // Gives the exclusive lock back. Never blocks. Fatal when nobody holds it: `sync: unlock of unlocked shared_mutex`.
  void unlock() noexcept;

  // Blocks while a writer holds the lock or waits for it, then holds the lock together with other readers.
  void lock_shared() noexcept {
    if (detail::preemption_wanted.load(detail::memory_order_relaxed) || !take_shared()) [[unlikely]] {
      lock_shared_slow(detail::never_ns);
    }
  }

  // Takes the shared lock if that is possible without waiting. A failed try orders nothing.
  bool try_lock_shared() noexcept {
    if (detail::preemption_wanted.load(detail::memory_order_relaxed)) [[unlikely]] {
      return try_lock_shared_asked_slow();
    }
    return take_shared();
  }

  // Blocks until the caller holds the shared lock (true) or the time is over (false).
  template <class Rep, class Period>
  bool try_lock_shared_for(const std::chrono::duration<Rep, Period>& timeout) noexcept {
    return try_lock_shared() || (timeout > timeout.zero() && lock_shared_slow(detail::deadline_after(timeout)));
  }
  template <class Clock, class Duration>
  bool try_lock_shared_until(const std::chrono::time_point<Clock, Duration>& deadline) noexcept {
    return try_lock_shared() || lock_shared_slow(detail::deadline_at(deadline));
  }

  // Gives one shared lock back. Never blocks. Fatal when nobody holds one: `sync: unlock_shared of unlocked
  // shared_mutex`.
  void unlock_shared() noexcept;

 private:
  // The bits of state_; src/sync/shared_mutex.cpp says what they mean together. The rest counts readers.
  static constexpr std::uint32_t writer_holds = 1, writer_pending = 2, readers_wait = 4, one_reader = 8;

  bool count_reader() noexcept {
    std::uint32_t seen = state_.load(detail::memory_order_relaxed);
    while ((seen & (writer_holds | writer_pending)) == 0) {
      if (state_.compare_exchange_weak(seen, seen + one_reader, detail::memory_order_acquire,  // sync: shared-mutex
                                       detail::memory_order_relaxed)) {
        return true;
      }
    }
    return false;
  }
  void note_exclusive() noexcept;
#if GORO_WITH_TSAN
  bool take_shared() noexcept;  // in the library, where it is annotated
#else
  bool take_shared() noexcept { return count_reader(); }
#endif
  bool try_lock_shared_asked_slow() noexcept;

  bool lock_until_slow(std::int64_t deadline_ns) noexcept;
  bool lock_shared_slow(std::int64_t deadline_ns) noexcept;
  bool try_exclusive() noexcept;
  bool wait_exclusive_slow(std::int64_t deadline_ns) noexcept;
  bool wait_shared_slow(std::int64_t deadline_ns) noexcept;
  bool take_exclusive() noexcept;
  bool wait_as_pending(std::int64_t deadline_ns) noexcept;
  bool withdraw() noexcept;
  bool admit_waiting_readers(std::uint32_t bit) noexcept;
  bool release_to_pending() noexcept;
  bool leave_to_pending() noexcept;

  // Addresses inside state_, so that they are nobody else's.
  const void* readers_key() const noexcept { return &state_; }
  const void* writer_key() const noexcept { return reinterpret_cast<const char*>(&state_) + 1; }

  mutex writers_;  // held by the one writer that holds the lock or is next
  detail::atomic<std::uint32_t> state_{0};
};

}  // namespace goro
