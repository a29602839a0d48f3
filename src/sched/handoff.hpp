// The monitor's part of inside.hpp: whose processor is taken away, and when.
#pragma once

#include "sched/scheduler.hpp"

namespace goro::sched {

// How long the kernel lets threads run before others have their turn: workers give way to each other soon, and threads that
// only compute do not take the CPU from them.
inline constexpr base::nanoseconds worker_slice = 100'000;
inline constexpr base::nanoseconds hog_slice = 100'000'000;

// What the monitor knows of a processor from one look to the next.
struct observation {
  std::uint32_t slice = 0;         // processor::slices
  std::uint32_t tick = 0;          // processor::tick
  base::nanoseconds since = 0;     // when the slice was first seen
  base::nanoseconds asked = 0;     // when its owner was asked to yield; 0: not yet
  base::nanoseconds cpu_time = 0;  // of the owner's thread, at the second look at this slice; 0: not yet
  std::uint64_t kernel_wait = 0;   // what its owner waits for in the kernel, when it was seen waiting
};

// Takes a look at all processors: asks those to yield whose time slice is over, and hands on the processors of those that do not
// follow, or block, while somebody waits for one. True when there is somebody to be looked at again soon.
bool watch_time_slices(observation* seen, base::nanoseconds now) noexcept;

// GORODEBUG=handoff=always: every look takes all processors away that can be, wanted or not, and looks come every 200 microseconds. So
// tests reach in a second what else takes hours.
bool hands_off_always() noexcept;

// Asks those that have lost their processor once more to queue for one.
void remind_hogs() noexcept;

// The worker has come home, or got a processor.
void end_hogging(worker& w) noexcept;

}  // namespace goro::sched
