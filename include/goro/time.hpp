// Time: sleeping. Durations are any std::chrono::duration; the clock is std::chrono::steady_clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace goro {

using time_point = std::chrono::steady_clock::time_point;

namespace detail {

void sleep_until_ns(std::int64_t deadline_ns) noexcept;

// Nanoseconds of the steady clock; what lies beyond the range of the type becomes its end ("never").
template <class Duration>
constexpr std::int64_t saturated_ns(const Duration& d) noexcept {
  using wide = std::chrono::duration<long double, std::nano>;
  constexpr long double most = 9.2e18L;
  const long double ns = std::chrono::duration_cast<wide>(d).count();
  if (ns >= most) {
    return INT64_MAX;
  }
  return ns <= -most ? INT64_MIN : std::chrono::duration_cast<std::chrono::nanoseconds>(d).count();
}

// The absolute deadline that lies `d` from now, in nanoseconds of the steady clock; INT64_MAX is "never".
template <class Duration>
std::int64_t deadline_after(const Duration& d) noexcept {
  const std::int64_t now = saturated_ns(std::chrono::steady_clock::now().time_since_epoch());
  const std::int64_t wait = saturated_ns(d);
  return wait > 0 && now > INT64_MAX - wait ? INT64_MAX : now + (wait < 0 ? 0 : wait);
}

}  // namespace detail

// Blocks the calling goroutine (on a foreign thread: the thread) for at least d. d <= 0 returns at once.
// Go: time.Sleep.
template <class Rep, class Period>
void sleep(const std::chrono::duration<Rep, Period>& d) noexcept {
  if (d > d.zero()) {
    detail::sleep_until_ns(detail::deadline_after(d));
  }
}

// The same until a point in time; one in the past returns at once.
template <class Duration>
void sleep_until(const std::chrono::time_point<std::chrono::steady_clock, Duration>& when) noexcept {
  detail::sleep_until_ns(detail::saturated_ns(when.time_since_epoch()));
}

}  // namespace goro
