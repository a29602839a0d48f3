// A clock that stands still until it is told otherwise: d0 … d9 are points in time 100 ms apart.
#pragma once

#include <cmath>

#include "context_support.hpp"
#include "goro/rate.hpp"

namespace support {

inline constexpr auto step = 100ms;
inline const auto d0 = std::chrono::steady_clock::now();
inline const auto d1 = d0 + 1 * step;
inline const auto d2 = d0 + 2 * step;
inline const auto d3 = d0 + 3 * step;
inline const auto d4 = d0 + 4 * step;
inline const auto d5 = d0 + 5 * step;
inline const auto d9 = d0 + 9 * step;

// The nearest multiple of `step`.
inline long steps_in(std::chrono::nanoseconds d) { return std::lround(std::chrono::duration<double>(d) / step); }

// Reserves n tokens at `now` and expects to act at `act`.
inline goro::rate::reservation reserves(goro::rate::limiter& limiter, goro::time_point now, int n,
                                        goro::time_point act) {
  goro::rate::reservation r = limiter.reserve_n(now, n);
  EXPECT_TRUE(r.ok());
  EXPECT_EQ(steps_in(now + r.delay_from(now) - d0), steps_in(act - d0));
  return r;
}

inline goro::rate::reservation refuses(goro::rate::limiter& limiter, goro::time_point now, int n,
                                       std::chrono::nanoseconds at_most = std::chrono::nanoseconds::max()) {
  const goro::rate::reservation r = limiter.reserve_n(now, n, at_most);
  EXPECT_FALSE(r.ok());
  EXPECT_EQ(r.delay(), std::chrono::nanoseconds::max());
  return r;
}

}  // namespace support
