// Orders that are right but rare, made common, to expose programs (and this library) that rely on the usual ones:
//   GORODEBUG=shuffle=1   Whether a goroutine that is made ready or started runs next or later is left to chance.
//                         Starts are shuffled in debug builds and race builds only: a release build does not look
//                         there. Race builds shuffle unless it is shuffle=0.
//   GORODEBUG=migrate=1   A goroutine that was parked goes on on another thread than before if a processor is idle.
//                         What it kept about its thread (the address of a thread_local, an id, a lock of the system's)
//                         is wrong then. A goroutine that is tied to its thread stays there.
#pragma once

#include <cstdint>

#include "base/atomic.hpp"

namespace goro::sched {

inline constexpr std::uint8_t shuffles = 1, migrates = 2;
inline base::atomic<std::uint8_t> shaking{0};  // set when the runtime starts

inline bool is_shaken(std::uint8_t how) noexcept { return (shaking.load(base::memory_order_relaxed) & how) != 0; }

}  // namespace goro::sched
