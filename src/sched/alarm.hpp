// An alarm: a function that the scheduler calls at a point of time, once or again and again. What timer, ticker,
// after_func and the deadlines of contexts are made of.
//
// An alarm belongs to the agenda of one processor from its construction to its end, and everything about it changes
// under that agenda's lock. So it may be started and stopped from any goroutine and any thread, whatever becomes of the
// processor: all workers look at all agendas.
//
//   state     meaning                           who leaves it
//   resting   not started, or stopped           start -> pending
//   pending   it will ring                      stop -> resting; start -> pending (anew); when due, the scheduler
//                                               -> rung (a periodic one stays pending)
//   rung      it was due, and the owner's       start -> pending; stop -> resting
//             functions were called, or will be
//
// When it is due, two functions of its owner are called:
//   1. claim(alarm), under the agenda's lock. It sees to it that the alarm exists until ring() is over (takes a
//      reference), or refuses; then nothing more happens. It calls nothing else and takes no lock.
//   2. ring(alarm, due, now), without a lock. `due` is the alarm's generation at that moment: it tells whether the
//      alarm was started anew or stopped since, or, if it is periodic, was due again. After ring() has returned, the
//      scheduler does not touch the alarm.
// So whoever changes the state knows by the former one which of the two happened first, and exactly one of a stop and a
// firing wins. What a won firing does may come later: the owner orders that by a lock of its own, which ring() takes
// too, and under which every start and stop of a rung or periodic alarm is done. Then generation() changes under it
// only by firings, and the firings of a periodic alarm, which may overtake one another, take effect in order if those
// do nothing that see a later one.
//
// ring() runs on a worker's own stack, between two goroutines when none of them holds a lock, or on the monitor's
// thread. It must not block, yield or throw, and does not know a current goroutine. It may send to a channel without
// blocking, start goroutines with queue_launch_of_alarm, start and stop alarms.
//
// Rejected: one callback under the agenda's lock. It could not send to a channel, whose lock is taken before.
// Rejected: keeping the alarm until ring() has returned by a flag in it. The end of an alarm would have to wait for a
// worker that the system may have put aside.
#pragma once

#include "sched/timers.hpp"

namespace goro::sched {

class alarm;

struct alarm_functions {
  bool (*claim)(alarm& self) noexcept;
  void (*ring)(alarm& self, std::uint32_t due, base::nanoseconds now) noexcept;
};

enum class alarm_state : std::uint8_t { resting, pending, rung };

class alarm : private timed {
 public:
  // Of the caller's bubble, else of the calling worker's processor; starts the runtime when nothing has yet.
  explicit alarm(const alarm_functions& functions) noexcept;
  // The owner has stopped it, or it has rung.
  ~alarm() {
    if (queue_->home != nullptr) [[unlikely]] {
      leave_home();
    }
  }
  alarm(const alarm&) = delete;
  alarm& operator=(const alarm&) = delete;

  // It rings at `when`, and after that every `period` (0: not again), whatever it was to do before. Returns what it
  // was.
  alarm_state start(base::nanoseconds when, base::nanoseconds period = 0) noexcept;
  // The same for a pending one that is not periodic; any other is left alone, and the answer is false.
  bool move_if_pending(base::nanoseconds when) noexcept;

  // It does not ring any more. Returns what it was: pending if it would have.
  alarm_state stop() noexcept;
  // The same for a pending one that is not periodic; any other is left alone, and the answer is false.
  bool stop_if_pending() noexcept;

  // For an owner who knows that nobody starts or stops it any more, and that claim() refuses: it never rings. Cheap for
  // one at rest.
  void end() noexcept;

  // The bubble whose clock it goes by, or null.
  bubble* home() const noexcept { return queue_->home; }

  // Counts the starts and stops, and the firings of a periodic alarm; not those of move_if_pending and stop_if_pending.
  std::uint32_t generation() const noexcept { return generation_.load(base::memory_order_relaxed); }

 private:
  friend class due_timers;  // timers.cpp

  alarm_state state() const noexcept { return state_.load(base::memory_order_relaxed); }
  void set_state(alarm_state to) noexcept { state_.store(to, base::memory_order_relaxed); }
  void next_generation() noexcept { generation_.store(generation() + 1, base::memory_order_relaxed); }
  void leave_home() noexcept;
  void set_deadline(base::nanoseconds deadline) noexcept;
  bool leave_agenda(base::nanoseconds now) noexcept;
  void ring(std::uint32_t due, base::nanoseconds now) noexcept;

  base::atomic<alarm_state> state_{alarm_state::resting};  // written under the agenda's lock
  base::atomic<std::uint32_t> generation_{0};              // written under the agenda's lock
  base::nanoseconds period_ = 0;                           // 0: it rings once
  const alarm_functions* const functions_;
  timer_queue* const queue_;
};

}  // namespace goro::sched
