// Seam: how a thread waits for a word to change. platform/ implements it; it is declared here because
// base::lock needs it and base stands below platform.
#pragma once

#include <cstdint>

#include "base/atomic.hpp"
#include "base/clock.hpp"

namespace goro::base {

using futex_word = atomic<std::uint32_t>;

// Blocks while `word` holds `expected`, until woken, until `deadline` (absolute, `never` for none), or spuriously.
// False only when the deadline has passed.
bool futex_wait(futex_word& word, std::uint32_t expected, nanoseconds deadline = never) noexcept;

// Wakes up to `count` threads that wait on `word`. The word may have been destroyed meanwhile:
// only its address is used.
void futex_wake(futex_word& word, int count = 1) noexcept;

}  // namespace goro::base
