// A store-load pair of which one side comes all the time and the other hardly ever.
//
//   frequent side          rare side
//   x = 1                  y = 1
//   light_fence()          heavy_fence()
//   reads y                reads x          not both read the old value
//
// light_fence() only keeps the compiler from moving the load before the store: heavy_fence() makes every running thread
// of the process execute a full fence (membarrier), so the frequent side's store is either before it, and seen, or its
// load is after. Where the kernel refuses that, light_fence() is a full fence itself.
#pragma once

#include <cstdint>

#include "base/atomic.hpp"

namespace goro::platform {

// Written once by prepare_heavy_fence(), before there is anybody to fence.
extern constinit base::atomic<bool> light_fence_must_be_full;

inline void light_fence() noexcept {
  if (light_fence_must_be_full.load(base::memory_order_relaxed)) [[unlikely]] {
    base::store_load_fence();
  } else {
    asm volatile("" : : : "memory");
  }
}

// Once, before the first light_fence().
void prepare_heavy_fence() noexcept;
enum class fence_result : std::uint8_t { done, failed_now, refused };  // failed now: the kernel is short of memory
// Nothing is fenced unless it is done.
fence_result heavy_fence() noexcept;

}  // namespace goro::platform
