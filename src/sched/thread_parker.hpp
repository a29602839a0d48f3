// How a thread (foreign, or a worker inside blocking()) waits to be made ready.
//
// One per thread, used by one wait at a time. `ready_` is set exactly once per wait, by the waker that won the claim;
// the thread does not go on before, so the parker is alive when it is set. The futex call that follows uses the address only.
#pragma once

#include "base/futex.hpp"

namespace goro::sched {

struct thread_parker {
  base::futex_word ready_word{0};

  void wake() noexcept {
    ready_word.store(1, base::memory_order_release);  // sync: thread-ready
    base::futex_wake(ready_word);
  }

  // Until woken (true) or the deadline has passed (false; a wake may still come and must then be waited for).
  bool wait(base::nanoseconds deadline) noexcept {
    while (ready_word.load(base::memory_order_acquire) == 0) {  // sync: thread-ready
      if (!base::futex_wait(ready_word, 0, deadline)) {
        if (ready_word.load(base::memory_order_acquire) != 0) {  // sync: thread-ready
          break;
        }
        return false;
      }
    }
    ready_word.store(0, base::memory_order_relaxed);
    return true;
  }
};

thread_parker& this_thread_parker() noexcept;

}  // namespace goro::sched
