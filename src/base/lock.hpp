// Locks of the runtime itself: short critical sections, ordered by rank.
//
// A `lock` is three-state (free, held, held with waiters), spins briefly and then waits on a futex. It belongs to no
// thread and to no goroutine: a parking goroutine takes it and the callback that runs after the switch,
// on another stack, releases it.
//
// Ranks: a thread takes locks in strictly increasing rank. Debug builds check it. (Several channels are locked
// in address order, through lock_in_order.)
#pragma once

#include <cstdint>

#include "base/atomic.hpp"
#include "base/check.hpp"
#include "base/futex.hpp"

namespace goro::base {

// The order in which locks nest; outermost first. One line per lock kind.
enum class lock_rank : std::uint8_t {
  signals,      // signal: who wants which signals
  context,      // context: what hangs on one context
  wait_bucket,  // sched/wait_table: the waiters of one hash bucket
  channel,      // chan: one channel
  io_source,    // sched: who waits for one descriptor
  timers,       // sched: the timer heap of one processor
  bubble,       // sched: who of a bubble may run
  scheduler,    // sched: idle processors and workers, global queue
  launch_pool,  // sched: central pool of goroutine records
  stack_arena,  // stack: chunks and free stacks of one size class
  lock_watch,   // sched: who holds and awaits which lock of the program's, when that is watched
  diagnostics,  // diag: output of reports
};

class lock {
 public:
  explicit constexpr lock(lock_rank rank) noexcept : rank_(rank) {}
  lock(const lock&) = delete;
  lock& operator=(const lock&) = delete;

  void acquire() noexcept {
    std::uint32_t expected = free;
    if (!state_.compare_exchange_strong(expected, held, memory_order_acquire,  // sync: lock
                                        memory_order_relaxed)) [[unlikely]] {
      acquire_slow();
    }
    if constexpr (debug_build) {
      note_acquired(rank_);
    }
  }

  void release() noexcept {
    if constexpr (debug_build) {
      note_released(rank_);
    }
    if (state_.exchange(free, memory_order_release) == contended) [[unlikely]] {  // sync: lock
      futex_wake(state_, 1);
    }
  }

  lock_rank rank() const noexcept { return rank_; }

  // Debug builds: the ranks that this thread holds, as a set of bits. Also for locks of another make (a channel's
  // word).
  static void note_acquired(lock_rank rank) noexcept;
  static void note_released(lock_rank rank) noexcept;

 private:
  static constexpr std::uint32_t free = 0, held = 1, contended = 2;

  void acquire_slow() noexcept;

  futex_word state_{free};
  lock_rank rank_;
};

class lock_guard {
 public:
  explicit lock_guard(lock& l) noexcept : lock_(l) { lock_.acquire(); }
  ~lock_guard() { lock_.release(); }
  lock_guard(const lock_guard&) = delete;
  lock_guard& operator=(const lock_guard&) = delete;

 private:
  lock& lock_;
};

}  // namespace goro::base
