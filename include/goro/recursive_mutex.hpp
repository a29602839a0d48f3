// A lock that its owner may take again.
#pragma once

#include <chrono>
#include <cstdint>

#include "goro/detail/atomic.hpp"
#include "goro/detail/deadline.hpp"
#include "goro/mutex.hpp"

namespace goro {

// As std::recursive_timed_mutex: the goroutine (or foreign thread) that holds it may lock it again, and unlocks it as
// often. Waiting, ordering and lifetime as goro::mutex. Go leaves such a lock out on purpose: a function that finds it
// locked cannot know whether what it protects is consistent.
class recursive_mutex {
 public:
  constexpr recursive_mutex() noexcept = default;
  recursive_mutex(const recursive_mutex&) = delete;
  recursive_mutex& operator=(const recursive_mutex&) = delete;

  // Blocks until the caller owns the lock.
  void lock() noexcept;

  // Takes the lock if that is possible without waiting.
  bool try_lock() noexcept;

  // Blocks until the caller owns the lock (true) or the time is over (false).
  template <class Rep, class Period>
  bool try_lock_for(const std::chrono::duration<Rep, Period>& timeout) noexcept {
    return try_lock() || (timeout > timeout.zero() && try_lock_until_ns(detail::deadline_after(timeout)));
  }
  template <class Clock, class Duration>
  bool try_lock_until(const std::chrono::time_point<Clock, Duration>& deadline) noexcept {
    return try_lock() || try_lock_until_ns(detail::deadline_at(deadline));
  }

  // Gives back one level. Fatal: `sync: unlock of unlocked recursive_mutex`,
  // `sync: unlock of recursive_mutex by one who does not own it`.
  void unlock() noexcept;

 private:
  bool enter_again(const void* self) noexcept;
  bool become_owner(const void* self) noexcept;
  bool try_lock_until_ns(std::int64_t deadline_ns) noexcept;

  mutex mutex_;
  std::uint32_t depth_ = 0;  // owner's
  detail::atomic<const void*> owner_{nullptr};
};

}  // namespace goro
