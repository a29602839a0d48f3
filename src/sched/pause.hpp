// The program stands still: for a moment no goroutine runs the runtime's code, none starts, none ends, and no queue of
// a processor changes. So whoever has paused the program may look at control blocks, queues and the stacks of waiting
// goroutines.
//
// What goes on: code of the user's that calls nothing of goro, and foreign threads. Those may claim waiters, start
// goroutines and make some ready; all that comes into the global queue, under the scheduler's lock, and nobody takes it
// from there.
//
//   worker                                            who pauses
//   at home, between two goroutines:                  1. stop_reason = pausing; asks all workers to yield.
//     while stop_reason is a pause: rests                Goroutines that stop go home, where their workers rest
//   asleep in the idle list, or in park_locked:       2. after a moment: stop_reason = paused, claimed = true for all
//     rests; looks at stop_reason when it wakes       3. heavy fence
//   outside the runtime (inside.hpp), step inside:    4. waits for each worker until it rests, or is outside
//     claimed? paused? Then rests before it goes on   5. looks around; stop_reason = running, claimed = false
//
// Two rest beside these: a worker without a thread, from the beginning until that runs, and one that waits for the
// monitor to start it (thread_starter.hpp). The monitor may be the one who pauses.
//
// Why step 4 is enough. `resting` and stop_reason are a store-load pair (end_rest): a worker that is seen resting sees
// the pause when it wakes, and rests on. One seen outside either has stored `inside` after the fence, and so sees
// `claimed` and rests in step_inside, or before, and then it is seen inside; it then rests, or gets outside, within the
// few instructions of a section of the runtime, unless it waits for a lock (below). A goroutine blocks inside the
// runtime nowhere else but at home. Its stack holds still when its worker rests at home, for then it has been saved.
//
// Why tries end. A goroutine that stops takes its step inside with a lock held that its successor will release: of a
// channel, of the wait table, of a descriptor. Seen outside just before, it rests in that step; and who is inside and
// wants the same lock (a timer that sends, the unlocking of a mutex on behalf of who waits for a condition) neither
// rests nor gets outside. So a pause that does not come about soon is taken back, and when those who rested have gone
// on it is tried again, with twice as long to wait, for the cause may be a machine that is busy. Two that meet like
// this meet within a few instructions: the next try finds them elsewhere. (Rejected: to step inside before taking such
// a lock. It would be right, and cost every wait of every channel.)
//
// The pause belongs to one thread at a time. That thread must not call into goro meanwhile: it may wait for locks that
// a resting goroutine holds (of a channel, of the wait table). The scheduler's and the arena's locks it may take:
// nobody rests with them.
#pragma once

#include "sched/scheduler.hpp"

namespace goro::sched {

class paused_world {
 public:
  // By any goroutine or thread. Gives up at the deadline, and when the process ends: then the world is not paused.
  explicit paused_world(base::nanoseconds deadline) noexcept;
  paused_world(const paused_world&) = delete;
  paused_world& operator=(const paused_world&) = delete;
  ~paused_world() { resume(); }

  explicit operator bool() const noexcept { return paused_; }
  void resume() noexcept;
  // The worker of the goroutine that has paused the world, or null.
  const worker* own() const noexcept { return own_; }

 private:
  enum class attempt : std::uint8_t { stopped, took_too_long, refused };  // the last: by the system, for good

  bool begin(base::nanoseconds deadline) noexcept;
  attempt stop_all(base::nanoseconds deadline) noexcept;
  void let_all_go() noexcept;

  worker* const own_;
  bool paused_ = false;
};

// Is it the thread of a worker that has no goroutine, and so nothing of the program's in its registers?
bool is_at_home(const paused_world& world, int thread) noexcept;

// Around everything in which a worker sleeps until another one of goro's threads does something.
inline void begin_rest(worker& w) noexcept { w.resting.store(true, base::memory_order_release); }  // sync: worker-rests
void end_rest(worker& w) noexcept;

// Rests until no pause is on. False: there was none.
bool stay_while_paused(worker& w) noexcept;
void wait_for_end_of_pause() noexcept;

}  // namespace goro::sched
