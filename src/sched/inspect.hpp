// What diagnostics may ask the scheduler about goroutines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sched/wait.hpp"

namespace goro::sched {

struct goroutine_view {
  std::uint64_t id;
  std::string_view name;        // empty: none; valid while the goroutine lives
  const void* creator;          // return address of the go statement
  std::uint64_t parent_id;      // 0: created by a foreign thread
  const std::byte* stack_low;   // lowest usable address
  const std::byte* stack_high;  // exclusive
  wait_reason waits_for;        // none: runs
  bool locked_to_thread;
};

// The goroutine that the calling thread runs. False on a foreign thread. Async-signal-safe.
bool current_goroutine(goroutine_view& view) noexcept;

// What of the traceback would be the runtime's own outermost frames: unwinding may stop at a function in which
// `is_goroutine_entry(pc)` holds. Async-signal-safe.
bool is_goroutine_entry(const void* function_start) noexcept;

}  // namespace goro::sched
