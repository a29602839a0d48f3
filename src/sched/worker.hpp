// A worker: a thread that goro owns. It runs goroutines while it holds a processor.
//
// Its own thread stack ("home") runs the search for work; goroutines otherwise switch directly to one another.
#pragma once

#include <cstdint>

#include "base/futex.hpp"
#include "base/random.hpp"
#include "platform/context.hpp"
#include "platform/sanitizer.hpp"
#include "sched/goroutine.hpp"
#include "sched/processor.hpp"
#include "sched/thread_starter.hpp"

namespace goro::sched {

inline constexpr base::nanoseconds longest_search_time = 20'000;

struct alignas(64) worker {
  processor* held = nullptr;                    // null: idle, or inside blocking(), or taken away (inside.hpp)
  goroutine* current = nullptr;                 // null: at home
  exception_globals* exceptions = nullptr;      // the thread's __cxa_get_globals()
  base::atomic<bool> preempt_requested{false};  // raised by sysmon and by whoever wants the worker to come home
  base::atomic<bool> inside{true};              // runs the runtime's code: see inside.hpp
  base::atomic<bool> claimed{false};            // the monitor is about to take the processor away, or not
  base::atomic<bool> hog{false};                // it did, until the worker comes home, gets one, or calls blocking()
  base::atomic<bool> resting{false};            // asleep, or without a thread: see pause.hpp
  bool spinning = false;                        // looks for work and is counted in scheduler::spinning
  platform::context home;
  exception_globals home_exceptions;
  runnable handed;                               // what a goroutine that went home found and could not run itself
  goroutine* locked_goroutine = nullptr;         // lock_os_thread
  processor* last_held = nullptr;                // the last one, to be asked for first; null only before the first
  base::nanoseconds pending_kick = base::never;  // earliest timer started on the way home, not yet announced
  bool thread_must_end = false;                  // a goroutine ended locked to it, or it was idle for too long
  [[no_unique_address]] platform::sanitizer_fiber fiber;

  base::random random{base::random_seed()};
  base::nanoseconds search_time = longest_search_time;  // see find_work.cpp

  // Idle protocol (idle.hpp); links and flags guarded by the scheduler's lock.
  base::futex_word wake_word{0};
  worker* next_idle = nullptr;
  worker* previous_idle = nullptr;
  enum class parking : std::uint8_t { none, idle, timekeeper } parked_as = parking::none;
  base::futex_word locked_word{0};       // where it sleeps while its locked goroutine waits
  runnable given;                        // what wake_locked brings: that goroutine,
  processor* given_processor = nullptr;  // and the processor to run it on; both published by locked_word

  thread_request start;                    // of its thread: thread_starter.hpp
  base::atomic<int> thread_id{0};          // its thread; 0 until that has begun
  worker* next_made = nullptr;             // all there are, since they were made: scheduler::workers
  base::nanoseconds cpu_time_at_exit = 0;  // see exit.cpp
  // For the exit of the process: set for good when the worker will never run a goroutine again.
  base::atomic<bool> stopped{false};
};

// The worker of the calling thread; null on a foreign thread. Read afresh at every call: compilers keep the address of
// a thread_local across a context switch, so this is the only place that names it.
worker* this_worker() noexcept;
void set_this_worker(worker* w) noexcept;

}  // namespace goro::sched
