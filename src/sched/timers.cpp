// Deadlines of waits, and the firing of all timers.
//
// Who may do what: everything about an agenda happens under its queue's lock, the claim of what is due included, so a
// waiter that has taken its timer out (or found it gone) under that lock knows that nobody touches it any more.
#include "sched/timers.hpp"

#include <utility>

#include "platform/sanitizer.hpp"
#include "sched/alarm.hpp"
#include "sched/scheduler.hpp"

namespace goro::sched {

bool publish_earliest(timer_queue& q) noexcept {
  const base::nanoseconds before = q.earliest.load(base::memory_order_relaxed);
  const base::nanoseconds now = q.agenda.earliest();
  if (now != before) {
    q.earliest.store(now, base::memory_order_relaxed);
  }
  return now < before;
}

void start_timer(wait_timer& t) noexcept {
  worker& w = *this_worker();
  timer_queue* of_bubble = t.queue.load(base::memory_order_relaxed);
  timer_queue& q = of_bubble != nullptr ? *of_bubble : (w.held != nullptr ? w.held : w.last_held)->timers;
  const base::nanoseconds when = t.when;
  bool kick;
  {
    const platform::sanitizer_unobserved quiet;
    const base::lock_guard hold(q.lock);
    t.queue.store(&q, base::memory_order_relaxed);
    q.agenda.insert(t);
    kick = publish_earliest(q);
  }
  if (!kick || of_bubble != nullptr) {  // a bubble looks for itself
    return;
  }
  if (w.current != nullptr || w.held == nullptr) {  // without a processor it may go to sleep as it is (wait_for_locked)
    announce_timer(when);
  } else {
    w.pending_kick =
        when < w.pending_kick ? when : w.pending_kick;  // a worker that goes to sleep reads all timers itself
  }
}

void stop_timer(wait_timer& t) noexcept {
  timer_queue& q = *t.queue.load(base::memory_order_relaxed);
  const platform::sanitizer_unobserved quiet;
  const base::lock_guard hold(q.lock);
  if (q.agenda.remove(t)) {
    publish_earliest(q);
  }
}

namespace {

// How many waits one look at an agenda may end. Of a hundred thousand that are due together those that run soon are
// ended now, while what the ending touches of them is still near; the others would only fill the global queue, and be
// touched again there.
unsigned room_for_ready(const timer_queue& q) noexcept {
  constexpr unsigned for_nobody = 64;  // not for the caller's own queue
  const worker* w = this_worker();
  return q.home == nullptr && w != nullptr && w->held != nullptr
             ? (run_queue::capacity - w->held->queue.ring_size()) / 2
             : for_nobody;
}

}  // namespace

// What one look at an agenda finds. Waits are claimed under the lock and made ready after it: the claim is what needs
// the lock, and waiters stay linked by themselves meanwhile. An alarm rings as soon as it is found, without the lock.
class due_timers {
 public:
  enum class alarms : std::uint8_t { take, leave };

  explicit due_timers(unsigned most_waits) noexcept : waits_left_(most_waits) {}

  // Takes out of `q` what is due, up to the first alarm that wants to ring. False when there is no such alarm.
  bool collect(timer_queue& q, base::nanoseconds now, alarms what) noexcept {
    const platform::sanitizer_unobserved quiet;
    const base::lock_guard hold(q.lock);
    bool found = false;
    while (timers::entry* entry = found ? nullptr : q.agenda.due(now)) {
      auto& due = static_cast<timed&>(*entry);
      if (!due.is_alarm) {
        if (waits_left_ == 0) {
          break;
        }
        --waits_left_;
        q.agenda.remove(due);
        add(static_cast<wait_timer&>(due));
        continue;
      }
      alarm_ = static_cast<alarm*>(&due);
      found = what == alarms::leave || alarm_->leave_agenda(now);
      generation_ = alarm_->generation();
    }
    publish_earliest(q);
    return found;
  }

  void ring(base::nanoseconds now) noexcept {
    ++count_;
    alarm_->ring(generation_, now);
  }

  unsigned make_ready() noexcept {
    const bool any = first_ != nullptr;
    while (first_ != nullptr) {
      wait_timer* next = first_->next_fired;  // gone once its goroutine is ready
      first_->target->make_ready_quietly();
      first_ = next;
      ++count_;
    }
    if (any) {
      wake_for_work();
    }
    return count_;
  }

 private:
  void add(wait_timer& t) noexcept {
    if (t.target->claim(t.outcome)) {
      t.next_fired = nullptr;
      *end_ = &t;
      end_ = &t.next_fired;
    }
  }

  wait_timer* first_ = nullptr;
  wait_timer** end_ = &first_;
  alarm* alarm_ = nullptr;
  std::uint32_t generation_ = 0;
  unsigned waits_left_;
  unsigned count_ = 0;
};

unsigned run_due_timers(timer_queue& q, base::nanoseconds now) noexcept {
  if (q.earliest.load(base::memory_order_relaxed) > now) {
    return 0;
  }
  // Alarms may be many, and each takes its time: those who wait must not wait for all of them. The rest is due the next
  // time.
  constexpr int most_alarms = 64;
  due_timers due(room_for_ready(q));
  for (int i = 0; i < most_alarms && due.collect(q, now, due_timers::alarms::take); ++i) {
    due.ring(now);
  }
  return due.make_ready();
}

bool end_due_waits(timer_queue& q, base::nanoseconds now) noexcept {
  if (q.earliest.load(base::memory_order_relaxed) > now) {
    return true;
  }
  due_timers due(room_for_ready(q));
  const bool alarm_due = due.collect(q, now, due_timers::alarms::leave);
  due.make_ready();
  return !alarm_due;
}

}  // namespace goro::sched
