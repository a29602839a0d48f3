// What goro asks of an operating system, as pre- and postconditions. platform/<os>/ implements it; no other layer
// includes a system header. Every call here can fail as stated; none throws.
//
// Tests refuse single services through `deny` (faults.hpp) to reach the fallbacks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/clock.hpp"
#include "base/os_seam.hpp"

namespace goro::platform {

inline constexpr std::size_t page_size = 4096;  // x86-64 and the default aarch64 kernel; checked at start

// Memory. ------------------------------------------------------------------------------------------------------
// Address space whose pages are zero and committed as touched, readable and writable, never in huge pages.
// `alignment` is a power of two and at least a page. nullptr when refused (RLIMIT_AS, no map entries left).
std::byte* reserve_memory(std::size_t size, std::size_t alignment) noexcept;
void release_memory(std::byte* base, std::size_t size) noexcept;

struct memory_range {
  std::byte* base;
  std::size_t size;
};
// Gives the pages of all ranges back; they read as zero afterwards (locked memory keeps them). Guards inside stay. One
// call for many ranges where the kernel has it (process_madvise on itself), else one madvise each.
void discard_memory(std::span<const memory_range> ranges) noexcept;

// Makes [base, base + size) fault on access. guard_by_kernel uses MADV_GUARD_INSTALL (no map entry);
// guard_by_protection uses mprotect (up to two map entries). False when refused.
bool guard_by_kernel(std::byte* base, std::size_t size) noexcept;
bool guard_by_protection(std::byte* base, std::size_t size) noexcept;

// guard_by_kernel for many ranges, in one call where the kernel has it. Returns how many of the first ranges are
// guarded.
std::size_t guard_many_by_kernel(std::span<const memory_range> ranges) noexcept;

// Number of memory map entries the kernel allows a process (vm.max_map_count), or its usual default.
std::size_t max_memory_maps() noexcept;
// How many it has now. Slow: reads a list.
std::size_t memory_maps_in_use() noexcept;

// Processors and threads. --------------------------------------------------------------------------------------
// CPUs this process may use: affinity mask, bounded by the cgroup (v1, v2) CPU quota rounded up. At least 1.
unsigned usable_processors() noexcept;

// Starts a detached thread with all signals blocked but the synchronous ones (SIGSEGV, SIGBUS, SIGFPE, SIGILL,
// SIGTRAP). False when the system refuses (EAGAIN).
bool start_thread(void (*body)(void*), void* argument, const char* name) noexcept;

// The signal mask that threads which run the program's code shall have: remembered from the calling thread, set in the
// calling thread.
void remember_signal_mask() noexcept;
void restore_signal_mask() noexcept;

// The kernel's id of the calling thread, and whether it is the process's first thread.
using base::thread_id;
bool is_main_thread() noexcept;

// The time that a thread of this process has had on processors; 0 of one that is not there.
base::nanoseconds cpu_time_of(int thread) noexcept;

// What a thread of this process does: the time it has had on processors, and whether it runs or would if one were free.
// Of a thread that is not there (id 0, or ended): no time, and wanting to run.
struct thread_activity {
  base::nanoseconds cpu_time;
  bool wants_to_run;
};
thread_activity activity_of(int thread) noexcept;

// What a thread of this process waits for in the kernel: a number that two looks have in common only when it is in the
// same call, or in one with the same arguments from the same place. 0: it runs or wants to, or is not there.
inline constexpr std::uint64_t kernel_does_not_tell = 1;
std::uint64_t kernel_wait_of(int thread) noexcept;

// How long the kernel lets a thread of this process run before others on the same CPU get their turn; 0: its default. A
// short one is also woken sooner. Threads that it starts inherit it. Left as it is where the kernel has no such choice,
// or the thread has a policy of its own (SCHED_FIFO).
void want_time_slice(int thread, base::nanoseconds slice) noexcept;

// Lowest and highest address of the calling thread's own stack.
struct stack_bounds {
  std::byte* low;
  std::byte* high;
};
stack_bounds thread_stack() noexcept;

// Asks for wake-ups as exact as the kernel gives them (timer slack 1 ns) for the calling thread.
void want_exact_timers() noexcept;

void yield_thread() noexcept;

// How many threads the process has, those that are about to end included; 0: the system does not tell.
std::size_t thread_count() noexcept;

// Faults. ------------------------------------------------------------------------------------------------------
// Gives the calling thread an alternate signal stack (its own mapping); needed before a guard may be hit there.
bool install_alternate_signal_stack() noexcept;
void remove_alternate_signal_stack() noexcept;

struct memory_fault {
  std::string_view signal;         // "SIGSEGV: segmentation violation" or "SIGBUS: bus error"
  int code;                        // si_code: what the kernel found wrong
  const std::byte* address;        // the address that could not be accessed
  const std::byte* stack_pointer;  // of the interrupted code
  const void* program_counter;
  const void* frame_pointer;
};
// Installs the process's SIGSEGV and SIGBUS handler (once). `claim` runs on the alternate stack; when it returns,
// the fault was not goro's and goes to the handler that was there before.
void on_memory_fault(void (*claim)(const memory_fault&)) noexcept;

// Process. -----------------------------------------------------------------------------------------------------
using base::exit_now;      // _exit
using base::write_stderr;  // async-signal-safe

// Does the caller run inside exit(), rather than at the end of its thread? For destructors of thread_local objects,
// which run at both. Slow: looks through the frames of the stack.
bool inside_exit() noexcept;

// Runs in the child after fork(), in the forking thread.
void on_fork_child(void (*callback)()) noexcept;

}  // namespace goro::platform
