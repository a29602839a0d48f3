// Holds the other threads of the process still for a moment, where the search for deadlocks can see what they have in
// their registers.
//
// A thread is stopped by a signal, a real-time one that the program does not use: its handler waits until it is
// released. So what the thread had in its registers lies in the frame of the signal, in memory. A thread may be stopped
// anywhere, with any lock in hand: who has stopped threads must not wait for a lock, and not allocate.
//
// The program notices little of it but that time passes. A thread that sleeps in a system call which a signal would end
// with an error (EINTR, in spite of SA_RESTART) or in the middle is therefore left alone, and so is one that blocks the
// signal: then not all can be stopped. What is left: sem_timedwait, and calls on sockets with a timeout, may say EINTR,
// as after any signal.
#pragma once

#include <cstddef>

#include "base/clock.hpp"
#include "base/function_ref.hpp"

namespace goro::platform {

// Chooses the signal, and lets the threads that goro starts from now on take it. False: the program uses all there are.
bool prepare_to_stop_threads() noexcept;

// At most one at a time is in use.
class stopped_threads {
 public:
  stopped_threads() = default;
  stopped_threads(const stopped_threads&) = delete;
  stopped_threads& operator=(const stopped_threads&) = delete;
  ~stopped_threads() { release(); }

  // Stops all threads but the calling one and those that `leaves` names. False: they cannot all be stopped in time.
  // Those that are stay so until release().
  bool stop(base::function_ref<bool(int thread)> leaves, base::nanoseconds deadline) noexcept;
  void release() noexcept;
};

// Where the stack of a thread begins that stopped_threads has stopped, with all that the signal saved if that is on the
// same stack; else null.
const std::byte* stack_pointer_of_stopped(int thread) noexcept;

}  // namespace goro::platform
