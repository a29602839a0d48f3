// Durations and points in time as the library takes them: nanoseconds in 64 bits, the end of the range meaning "never".
#pragma once

#include <chrono>
#include <cstdint>
#include <type_traits>

namespace goro {

using time_point = std::chrono::steady_clock::time_point;

namespace detail {

inline constexpr std::int64_t never_ns = INT64_MAX;

// Nanoseconds, rounded up; what lies beyond the range becomes its end, and a duration that is not a number becomes
// zero.
template <class Rep, class Period>
constexpr std::int64_t saturated_ns(const std::chrono::duration<Rep, Period>& d) noexcept {
  using std::chrono::nanoseconds;
  constexpr long double most = 9.2e18L;
  const long double ns = std::chrono::duration<long double, std::nano>(d).count();
  if (ns >= most) {
    return never_ns;
  }
  if (ns <= -most) {
    return INT64_MIN;
  }
  return ns == ns ? std::chrono::ceil<nanoseconds>(d).count() : 0;
}

// The time as the caller sees it: of the steady clock, or virtual.
std::int64_t local_now_ns() noexcept;

// The point of that clock that lies `ns` from now.
std::int64_t deadline_after_ns(std::int64_t ns) noexcept;

template <class Rep, class Period>
std::int64_t deadline_after(const std::chrono::duration<Rep, Period>& d) noexcept {
  return deadline_after_ns(saturated_ns(d));
}

// A point of another clock is translated once: later adjustments of that clock do not move the deadline.
template <class Clock, class Duration>
std::int64_t deadline_at(const std::chrono::time_point<Clock, Duration>& when) noexcept {
  if constexpr (std::is_same_v<Clock, std::chrono::steady_clock>) {
    return saturated_ns(when.time_since_epoch());
  } else {
    return deadline_after(when - Clock::now());
  }
}

}  // namespace detail
}  // namespace goro
