// Seam: the only way to the time inside goro. The model build and virtual time replace it.
#pragma once

#include <chrono>
#include <cstdint>

namespace goro::base {

// Nanoseconds of CLOCK_MONOTONIC, the epoch of std::chrono::steady_clock.
using nanoseconds = std::int64_t;

inline constexpr nanoseconds never = INT64_MAX;

inline nanoseconds now_ns() noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace goro::base
