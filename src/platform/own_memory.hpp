// The process's own memory as the kernel sees it: for the search for leaks, which reads all of it while threads run on.
#pragma once

#include <cstddef>

#include "base/function_ref.hpp"
#include "platform/os.hpp"

namespace goro::platform {

// Calls `each` for every private writable piece of memory that has pages, with the mapping it is of. Guards, untouched
// pages and files that are shared are left out. False when the system does not tell.
bool for_each_written_range(base::function_ref<void(memory_range, memory_range mapping)> each) noexcept;

// Is this mapping, in which a thread's stack pointer lies, that stack and nothing else? Known of the first thread's,
// and by their size of those that start_thread() started. A program may have stacks of its own on the heap.
bool is_stack_alone(memory_range mapping) noexcept;

// Copies memory that may be unmapped meanwhile. Returns how many of the first bytes could be read.
std::size_t read_own_memory(const std::byte* from, void* to, std::size_t size) noexcept;

// Calls `each` for every thread of the process but the calling one, with the stack pointer it had when it went to sleep
// or was stopped (thread_stop.hpp); null: it runs.
bool for_each_other_thread(base::function_ref<void(int thread, const std::byte* stack_pointer)> each) noexcept;

}  // namespace goro::platform
