// Faults for tests: services of the operating system that are refused though the system would grant them.
//
// By deny(), or for a whole process by GORODEBUG=deny=guard,reserve:100,… : the service's name, and from which call on
// (default: the first). A test process can so reach every fallback without an old kernel or a full machine.
// Cost otherwise: one relaxed load in front of a system call.
#pragma once

#include <cstdint>

#include "base/atomic.hpp"

namespace goro::platform {

enum class service : std::uint8_t {
  reserve,           // "reserve"  reserve_memory
  kernel_guard,      // "guard"    guard_by_kernel
  protection_guard,  // "mprotect" guard_by_protection
  batch_advice,      // "batch"    process_madvise: one call for many ranges
  thread,            // "thread"   start_thread
  membarrier,        // "membarrier" prepare_heavy_fence, heavy_fence
  time_slice,        // "slice"    want_time_slice
  kernel_wait,       // "syscall"  kernel_wait_of
  fine_poll,         // "pwait2"   the poller's timeouts in nanoseconds
};
inline constexpr unsigned service_count = 9;

// Refuses calls number `first`, first + 1, … of `s`, counted from now; the first is 1.
void deny(service s, std::uint64_t first = 1) noexcept;
void allow(service s) noexcept;

// For the implementation: is this call refused? ----------------------------------------------------------------
// Bit n: service n has a rule. The top bit: the environment has not been read yet.
inline base::atomic<std::uint32_t> fault_rules{1U << 31};
bool denied_slow(service s) noexcept;

inline bool denied(service s) noexcept { return fault_rules.load(base::memory_order_relaxed) != 0 && denied_slow(s); }

}  // namespace goro::platform
