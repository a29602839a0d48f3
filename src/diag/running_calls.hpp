// The calls of goroutines that run on other threads at this moment. Only such a thread can tell: it is asked in the
// middle of what it does (platform/thread_call.hpp), and walks its own stack.
//
// Not all answer: a thread that sleeps in a system call which a signal would end, blocks all signals, or gets no
// processor in time. They are known without their calls, as all are in race builds: ThreadSanitizer holds signals back.
#pragma once

#include "diag/call_stack.hpp"
#include "goro/detail/config.hpp"
#include "sched/inspect.hpp"

namespace goro::diag {

inline constexpr bool threads_can_tell = GORO_WITH_TSAN == 0;

struct asked_thread;

// Asks the thread that runs this goroutine; all that are to be asked first, so that they answer side by side. While the
// world is paused, in which `who` was seen, and not on the thread itself. Null: it cannot be asked.
asked_thread* ask_for_calls(const sched::goroutine_view& who) noexcept;

// Null: it has not answered by then. What is there lasts until the next ask_for_calls() after the pause.
const call_stack* calls_told_by(asked_thread& asked, base::nanoseconds deadline) noexcept;

}  // namespace goro::diag
