// Blocking: the one place where goroutines and foreign threads stop and go on. Every primitive is built on this.
//
// A `waiter` is one blocked call: of a goroutine, or of a thread (a foreign one, or a worker inside blocking()).
// It lives on the caller's stack, is linked into whatever the caller waits for, and is ended by exactly one waker:
//
//   state        meaning                          who leaves it
//   waiting      linked somewhere, nobody won     any waker, by claim()   (one compare-exchange decides)
//   an outcome   somebody won                     nobody; the waiter reads it after park()
//
// Rules for a primitive:
//   1. Link the waiter under the primitive's lock, then call park() with an unlock callback. For a goroutine the
//      callback runs after its context is saved, so no waker that needs the lock can meet a goroutine that still runs.
//   2. A waker takes the lock, unlinks the waiter, claims it (one that has no rival also later); if the claim is lost
//      it leaves it alone and goes on to the next.
//      After a won claim it calls make_ready() exactly once; from then on the waiter may be gone.
//   3. A waiter that may be linked in several places (a queue and a timer) unlinks itself from the losers
//      after park(), under their locks.
#pragma once

#include <cstdint>

#include "base/atomic.hpp"
#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/function_ref.hpp"
#include "goro/detail/preemption.hpp"

namespace goro::sched {

struct goroutine;
struct thread_parker;

// Why a goroutine waits, with Go's words in tracebacks (runtime/runtime2.go, waitReasonStrings).
enum class wait_reason : std::uint8_t {
  none,
  sleep,
  mutex_lock,
  shared_mutex_lock,
  shared_mutex_lock_shared,
  wait_group_wait,
  condition_wait,
  semaphore_acquire,
  once_wait,
  latch_wait,
  barrier_wait,
  future_wait,
  select,
  select_no_cases,
  chan_receive,
  chan_send,
  chan_receive_nil,
  chan_send_nil,
  locked_thread,
  run_main,
  io_wait,
  bubble_run,
  bubble_end,
  bubble_idle,
  abandoned,
};
const char* to_string(wait_reason reason) noexcept;
const char* const& reason_words() noexcept;  // the first of them, for debuggers

class waiter {
 public:
  // For the calling goroutine or thread. Starts the runtime when nothing has yet.
  waiter() noexcept;
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;

  static constexpr std::uint32_t waiting = 0;

  // Wins the right to end this wait with `outcome` (not 0). Exactly one claim of a wait returns true.
  bool claim(std::uint32_t outcome) noexcept {
    std::uint32_t expected = waiting;
    return state_.compare_exchange_strong(expected, outcome, base::memory_order_acq_rel,  // sync: wait-outcome
                                          base::memory_order_acquire);
  }
  // The same where nobody else can claim: the wait has no deadline and stood in one queue, out of which the caller has
  // taken it under that queue's lock.
  void claim_unrivalled(std::uint32_t outcome) noexcept {
    base::check(state_.load(base::memory_order_relaxed) == waiting, "the wait has no other waker");
    state_.store(outcome, base::memory_order_release);  // sync: wait-outcome
  }
  std::uint32_t outcome() const noexcept { return state_.load(base::memory_order_acquire); }  // sync: wait-outcome

  // Makes the claimed waiter go on: a goroutine becomes runnable, a thread is woken.
  void make_ready() noexcept;
  // The same for one of many: at the back of the queue, and the caller calls wake_for_work() once after the last.
  void make_ready_quietly() noexcept;

  // Blocks until claimed and made ready. `unlock(argument)` runs once the waiter may be woken.
  // Never returns early. Returns the outcome.
  std::uint32_t park(wait_reason reason, void (*unlock)(void*), void* argument) noexcept;

  // The same with an end: at `deadline` the waiter claims itself with `timeout_outcome`.
  // `argument` must not lie on the caller's stack: the deadline may pass, and the caller go on, before the unlock.
  // `then`, when given, is called after the unlock; what it refers to must live until the step of it that the caller
  // waits for next.
  std::uint32_t park_until(wait_reason reason, base::nanoseconds deadline, std::uint32_t timeout_outcome,
                           void (*unlock)(void*), void* argument,
                           const base::function_ref<void()>* then = nullptr) noexcept;

  // For reports: what the next wait is for. Of a chan reason a chan_core, of select a select_wait, else the address in
  // the wait table.
  void note_object(const void* object) noexcept;

  // By the wait table, around the wait, while there are bubbles: a bubble that is abandoned takes back what its members
  // have queued there.
  void note_in_table(bool queued) noexcept;

  // The next wait may be ended by others than the goroutines of the caller's bubble.
  void note_outside() noexcept { for_outside_ = true; }

  bool is_goroutine() const noexcept { return goroutine_ != nullptr; }

 private:
  std::uint32_t wait_as_thread(wait_reason reason, void (*unlock)(void*), void* argument) noexcept;

  base::atomic<std::uint32_t> state_{waiting};
  bool for_outside_ = false;
  goroutine* goroutine_;
  thread_parker* thread_;
};

// For every runtime call that may be called in a loop, before it takes anything: yields when sysmon has asked for it.
using detail::preemption_point;

// Makes all such calls take their slow path, until as many calls of the other: while a simulation is under way each of
// them is a step for members of bubbles, and a program that watches its locks (lock_watch.hpp) has to see them.
void watch_calls() noexcept;
void watch_calls_no_more() noexcept;

// May the caller spin for a lock instead of parking? As Go: more than one processor, another one running,
// nothing else to run here. `tries` counts from 0. Spins for a moment when it says yes.
bool spin_a_little(unsigned tries) noexcept;

}  // namespace goro::sched
