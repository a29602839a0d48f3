// Splitting shared data so that processors seldom meet.
#pragma once

#include <cstddef>

namespace goro::detail {

inline constexpr std::size_t cache_line = 64;

// A number that differs between processors that run at the same time; stale at once, so only a hint where to look
// first.
unsigned shard_hint() noexcept;

// True once in `n` calls on average, by the runtime's random numbers.
bool one_in(unsigned n) noexcept;

}  // namespace goro::detail
