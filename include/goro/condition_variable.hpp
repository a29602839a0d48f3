// Waiting until something about shared data has changed.
#pragma once

#include <chrono>
#include <condition_variable>  // std::cv_status
#include <cstdint>
#include <mutex>

#include "goro/detail/atomic.hpp"
#include "goro/detail/deadline.hpp"
#include "goro/detail/preemption.hpp"
#include "goro/mutex.hpp"

namespace goro {

// As std::condition_variable, for goro::mutex, with Go's promises: no spurious wakeups, and notify_one() wakes the
// goroutine that has waited longest.
//
// Waiting releases the mutex and queues in one step: no notification after that is missed. Notifying never blocks,
// needs no lock, and costs one load when nobody waits. What was written before a notify is ordered by the mutex. May be
// destroyed once everybody who waits has been notified, even before they return from wait(). Go: sync.Cond
// (sync/cond.go).
class condition_variable {
 public:
  constexpr condition_variable() noexcept = default;
  condition_variable(const condition_variable&) = delete;
  condition_variable& operator=(const condition_variable&) = delete;

  // Releases the mutex, blocks until notified, and takes the mutex again. `lock` must own its mutex.
  void wait(std::unique_lock<mutex>& lock) noexcept { wait_until_ns(*lock.mutex(), detail::never_ns); }

  // Waits until ready() is true; it is called with the mutex held.
  template <class Predicate>
  void wait(std::unique_lock<mutex>& lock, Predicate ready) {
    while (!ready()) {
      wait(lock);
    }
  }

  // The same with an end. The mutex is held again on return, however long that takes.
  template <class Clock, class Duration>
  std::cv_status wait_until(std::unique_lock<mutex>& lock,
                            const std::chrono::time_point<Clock, Duration>& deadline) noexcept {
    return wait_until_ns(*lock.mutex(), detail::deadline_at(deadline)) ? std::cv_status::no_timeout
                                                                       : std::cv_status::timeout;
  }
  template <class Rep, class Period>
  std::cv_status wait_for(std::unique_lock<mutex>& lock, const std::chrono::duration<Rep, Period>& timeout) noexcept {
    return wait_until_ns(*lock.mutex(), detail::deadline_after(timeout)) ? std::cv_status::no_timeout
                                                                         : std::cv_status::timeout;
  }

  // True when ready() came true, false when the time was over first (the last word is ready()'s).
  template <class Clock, class Duration, class Predicate>
  bool wait_until(std::unique_lock<mutex>& lock, const std::chrono::time_point<Clock, Duration>& deadline,
                  Predicate ready) {
    return wait_until_ns(*lock.mutex(), detail::deadline_at(deadline), ready);
  }
  template <class Rep, class Period, class Predicate>
  bool wait_for(std::unique_lock<mutex>& lock, const std::chrono::duration<Rep, Period>& timeout, Predicate ready) {
    return wait_until_ns(*lock.mutex(), detail::deadline_after(timeout), ready);
  }

  // Wakes the one that has waited longest, if any.
  void notify_one() noexcept {
    detail::simulation_point();
    if (has_waiters_.load(detail::memory_order_relaxed)) {  // see src/sync/condition_variable.cpp
      notify_one_slow();
    }
  }

  // Wakes all that wait now.
  void notify_all() noexcept {
    detail::simulation_point();
    if (has_waiters_.load(detail::memory_order_relaxed)) {
      notify_all_slow();
    }
  }

 private:
  bool wait_until_ns(mutex& m, std::int64_t deadline_ns) noexcept;
  void notify_one_slow() noexcept;
  void notify_all_slow() noexcept;

  template <class Predicate>
  bool wait_until_ns(mutex& m, std::int64_t deadline_ns, Predicate& ready) {
    while (!ready()) {
      if (!wait_until_ns(m, deadline_ns)) {
        return ready();
      }
    }
    return true;
  }

  detail::atomic<bool> has_waiters_{false};
};

}  // namespace goro
