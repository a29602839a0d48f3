// What diagnostics may ask the scheduler about goroutines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "platform/context.hpp"
#include "platform/os.hpp"
#include "sched/runnable.hpp"
#include "sched/wait.hpp"

namespace goro::sched {

class paused_world;
struct worker;

enum class goroutine_state : std::uint8_t {
  running,   // on some thread, in the user's code or on its way into the runtime
  blocking,  // the same inside blocking()
  runnable,  // in a queue
  waiting,   // for what `waits_for` says
};

struct goroutine_view {
  std::uint64_t id;
  std::string_view name;        // empty: none; valid while the goroutine lives
  const void* creator;          // return address of the go statement
  std::uint64_t parent_id;      // 0: created by a foreign thread
  const std::byte* stack_low;   // lowest usable address
  const std::byte* stack_high;  // exclusive
  wait_reason waits_for;        // none: runs
  bool locked_to_thread;
  goroutine_state state;
  base::nanoseconds waiting_since;  // exact to some milliseconds
  bool may_give_up;                 // a deadline or a context may end the wait
  const void* object;               // what it waits for, see waiter::note_object
  const platform::context* saved;   // where it stopped; null: it runs, or has not begun
  launch* record;                   // its closure
  const worker* worker_of;          // that runs it, or null
  const worker* locked_to;          // or null
};

// The goroutine that the calling thread runs. False on a foreign thread. Async-signal-safe.
bool current_goroutine(goroutine_view& view) noexcept;

// All goroutines that a pause has found, in no order. `each` is called under locks of the scheduler and the stacks: it
// only takes notes. Not found is who is being started or ended by a foreign thread just now. What a view points to
// stays as it is until the end of the pause.
void for_each_goroutine(const paused_world& world, base::function_ref<void(const goroutine_view&)> each) noexcept;

// Calls `call` once in the monitor's thread, soon, between two of its looks: it holds no lock then. Async-signal-safe.
// False in a child of fork(), which has no monitor.
bool call_in_monitor(void (*call)()) noexcept;

// Called in the monitor's thread between two looks, again and again, with the time; it returns when it wants to be
// called next. To be set before the program starts.
inline base::atomic<base::nanoseconds (*)(base::nanoseconds now) noexcept> monitor_hook{nullptr};

// For the search for leaks. Memory of the runtime's own that holds addresses of waiters.
platform::memory_range wait_table_memory() noexcept;
// The size of a goroutine's record with its closure, as far as it is known (a block of the pool); else 0.
std::size_t record_size(const launch& l) noexcept;
// What a select waits for: note_object() of wait_reason::select. On the stack of the call.
struct select_wait {
  const void* const* channels;
  std::size_t count;
};
// Set by the layer that knows channels: may something else than a handle send to this channel, or close it (a timer)?
inline base::atomic<bool (*)(const void* channel) noexcept> channel_is_fed_hook{nullptr};
// Set by it too: so much of a channel, from its address on, is not of the program's values. Its queues of waiters are
// there.
inline base::atomic<std::size_t> channel_head_size{0};

// Has the program been found deadlocked (deadlock.cpp)?
bool all_are_asleep() noexcept;

// What of the traceback would be the runtime's own outermost frames: unwinding may stop at a function in which
// `is_goroutine_entry(pc)` holds. Async-signal-safe.
bool is_goroutine_entry(const void* function_start) noexcept;

}  // namespace goro::sched
