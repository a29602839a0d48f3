// The one signal that goro sends to threads of its own process: a real-time one that the program does not use. Two
// things are done with it: threads are held still (thread_stop.hpp), and called (thread_call.hpp). Which threads are
// meant stands in the table of those to be held, and in the call, whose number the signal brings. So one that comes
// late or from elsewhere finds nothing to do.
#pragma once

#include <ucontext.h>
#include <cstdint>

#include "platform/linux/task_folder.hpp"

namespace goro::platform {

class thread_call;

// Its number, with the handler installed; another one than before when the program has come to use that. 0: the program
// uses all there are. By one thread at a time.
int take_own_signal() noexcept;

// Sends it; the second also on behalf of `call`. `gone`: there is no such thread.
enum class sent : std::uint8_t { yes, gone, refused };
sent send_own_signal(int thread, int signal) noexcept;
sent send_own_signal(int thread, int signal, thread_call& call) noexcept;

// Does the thread take the signal, and go on as if it had not come? It may be doing something else by the time the
// signal comes.
bool can_be_interrupted(const task_state& task, int signal) noexcept;
// The same, or in a call that programs know to fail with EINTR or to bring less than it could: it does so after job
// control has stopped the process, too (signal(7)).
bool may_be_interrupted(const task_state& task, int signal) noexcept;

// To be called first by handlers of faults: does not return when the fault is that of a call which the calling thread
// carries out.
void leave_thread_call_that_faults() noexcept;  // thread_call.cpp

// What the handler calls, in this order. errno is kept.
void carry_out_thread_call(thread_call& call) noexcept;    // thread_call.cpp
void stand_still(const ucontext_t& interrupted) noexcept;  // thread_stop.cpp

}  // namespace goro::platform
