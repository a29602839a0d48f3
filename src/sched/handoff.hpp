// The monitor's part of inside.hpp: whose processor is taken away, and when.
#pragma once

#include "sched/scheduler.hpp"

namespace goro::sched {

// How long the kernel lets threads run before others have their turn: workers give way to each other soon, and threads
// that only compute do not take the CPU from them.
inline constexpr base::nanoseconds worker_slice = 100'000;
inline constexpr base::nanoseconds hog_slice = 100'000'000;

// What the monitor knows of a processor from one look to the next.
struct observation {
  std::uint32_t slice = 0;              // processor::slices
  std::uint32_t tick = 0;               // processor::tick
  base::nanoseconds since = 0;          // when the slice was first seen
  base::nanoseconds asked = 0;          // when its owner was asked to yield; 0: not yet
  base::nanoseconds cpu_time = 0;       // of the owner's thread, at the second look at this slice; 0: not yet
  base::nanoseconds last_cpu_time = 0;  // the same, at the last look
  std::uint64_t kernel_wait = 0;        // what its owner waits for in the kernel, when it was seen waiting
};

// How soon the monitor looks again at a processor that others want and whose owner has gone on to something else, does
// not go on, and when tests want it.
inline constexpr base::nanoseconds tick_when_wanted = 1'000'000;
inline constexpr base::nanoseconds tick_when_stuck = 500'000;
inline constexpr base::nanoseconds tick_when_forced = 200'000;

// Takes a look at all processors: asks those to yield whose time slice is over, and hands on the processors of those
// that do not follow, or block, while somebody waits for one. Returns how long the next look may be put off.
base::nanoseconds watch_time_slices(observation* seen, base::nanoseconds now) noexcept;

// GORODEBUG=handoff=always: every look takes all processors away that can be, wanted or not, and looks come every 200
// microseconds. So tests reach in a second what else takes hours.
bool hands_off_always() noexcept;

// Asks those that have lost their processor once more to queue for one.
void remind_hogs() noexcept;

// The worker has come home, got a processor, or announced a blocking call.
void end_hogging(worker& w) noexcept;

}  // namespace goro::sched
