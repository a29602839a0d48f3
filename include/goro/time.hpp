// Time: sleeping. Durations are any std::chrono::duration; the clock is std::chrono::steady_clock.
#pragma once

#include <chrono>
#include <cstdint>

#include "goro/detail/deadline.hpp"
#include "goro/detail/preemption.hpp"

namespace goro {

namespace detail {
void sleep_until_ns(std::int64_t deadline_ns) noexcept;
}  // namespace detail

// Blocks the calling goroutine (on a foreign thread: the thread) for at least d. d <= 0 returns at once.
// Go: time.Sleep.
template <class Rep, class Period>
void sleep(const std::chrono::duration<Rep, Period>& d) noexcept {
  if (d > d.zero()) {
    detail::sleep_until_ns(detail::deadline_after(d));
  } else {
    detail::preemption_point();
  }
}

// The same until a point in time; one in the past returns at once.
template <class Clock, class Duration>
void sleep_until(const std::chrono::time_point<Clock, Duration>& when) noexcept {
  detail::sleep_until_ns(detail::deadline_at(when));
}

}  // namespace goro
