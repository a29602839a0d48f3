// How a thread (foreign, or a worker inside blocking()) waits to be made ready.
//
// One per thread, used by one wait at a time. The word says `ready` exactly once per wait, by the waker that won the
// claim; the thread does not go on before, so the parker is alive when it is set. The futex call that follows uses the
// address only.
//
// A wait without an end is counted (deadlock.cpp): by the thread, when the word says so, and out again by the waker
// that finds it said. A thread is never counted that nobody will count out: not one that finds itself woken before it
// has begun to wait. From the waker's count on it counts as awake, however long the system takes to let it run. (The
// waker's count may come first: then the sum is one too small for a moment, and an alarm is not given that might be.)
#pragma once

#include "base/futex.hpp"
#include "sched/outside.hpp"

namespace goro::sched {

struct thread_parker {
  static constexpr std::uint32_t nothing = 0, ready = 1, waits_for_ever = 2;

  base::futex_word ready_word{nothing};

  void wake() noexcept {
    if (ready_word.exchange(ready, base::memory_order_acq_rel) == waits_for_ever) {  // sync: thread-ready
      note_thread_goes_on();
    }
    base::futex_wake(ready_word);
  }

  // Until woken (true) or the deadline has passed (false; a wake may still come and must then be waited for).
  bool wait(base::nanoseconds deadline) noexcept {
    if (deadline == base::never) {
      wait_for_ever();
      return true;
    }
    while (ready_word.load(base::memory_order_acquire) == nothing) {  // sync: thread-ready
      if (!base::futex_wait(ready_word, nothing, deadline)) {
        if (ready_word.load(base::memory_order_acquire) != nothing) {  // sync: thread-ready
          break;
        }
        return false;
      }
    }
    ready_word.store(nothing, base::memory_order_relaxed);
    return true;
  }

 private:
  void wait_for_ever() noexcept {
    std::uint32_t expected = nothing;
    if (ready_word.compare_exchange_strong(expected, waits_for_ever, base::memory_order_acq_rel,  // sync: thread-ready
                                           base::memory_order_acquire)) {
      note_thread_stops();
      while (ready_word.load(base::memory_order_acquire) == waits_for_ever) {  // sync: thread-ready
        base::futex_wait(ready_word, waits_for_ever);
      }
    }
    ready_word.store(nothing, base::memory_order_relaxed);
  }
};

thread_parker& this_thread_parker() noexcept;

}  // namespace goro::sched
