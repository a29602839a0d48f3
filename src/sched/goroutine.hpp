// The control block of a goroutine that has a stack. It sits at the top of that stack, so a parked goroutine
// costs one page: control block, saved frames and nothing else.
//
// Owner: the worker that runs it; while it is parked, whoever won its waiter; while it is queued, the queue.
// Ownership passes through the run queue (release/acquire), so the fields are plain.
#pragma once

#include <cstdint>

#include "platform/context.hpp"
#include "platform/sanitizer.hpp"
#include "sched/runnable.hpp"
#include "sched/wait.hpp"
#include "stack/stack.hpp"

namespace goro::sched {

struct worker;

// What dead stacks are filled with in debug builds.
inline constexpr unsigned char poison_byte = 0xDB;

// The two words behind __cxa_get_globals(): exceptions being handled belong to the goroutine, not to the thread.
struct exception_globals {
  void* caught = nullptr;
  unsigned int uncaught = 0;
};

struct alignas(64) goroutine {
  platform::context context;
  runnable next;   // link in the global queue
  runnable ahead;  // who comes some places later there, to be prefetched
  exception_globals exceptions;
  worker* on = nullptr;  // that runs it, or ran it last
  stack::slot stack;
  // First cache line ends here: all that a switch touches.
  launch* record = nullptr;  // closure, id, creation site
  void* local_storage = nullptr;
  worker* locked_to = nullptr;  // lock_os_thread
  std::uint32_t lock_depth = 0;
  std::uint16_t blocking_depth = 0;  // nested blocking() calls
  wait_reason reason = wait_reason::none;
  bool ending_by_goexit = false;
  // For reports, of a goroutine that waits: since when (coarse), and for which object; null when that is not known.
  base::nanoseconds waiting_since = 0;
  const void* waits_for = nullptr;
  bool may_give_up = false;         // a deadline or a context may end the wait
  std::uint32_t seen_in_queue = 0;  // the pause that found it there (inspect.cpp)
  [[no_unique_address]] platform::sanitizer_fiber fiber;

  // The stack grows down from the control block.
  std::byte* stack_high() noexcept { return reinterpret_cast<std::byte*>(this); }
};

}  // namespace goro::sched
