#include "sched/alarm.hpp"

#include "platform/sanitizer.hpp"
#include "sched/agent.hpp"
#include "sched/bubble.hpp"
#include "sched/scheduler.hpp"

namespace goro::sched {
namespace {

// Threads without a processor spread over those there are.
timer_queue& queue_for_caller() noexcept {
  if (bubble* home = bubble::of_caller()) {
    home->note_alarm();
    return home->timers();
  }
  worker* w = this_worker();
  if (w != nullptr) {
    return w->last_held->timers;
  }
  ensure_started();
  constexpr unsigned cache_line_bits = 6;
  const auto who = reinterpret_cast<std::uintptr_t>(current_agent()) >> cache_line_bits;
  // The limit may be ahead of the processors: gomaxprocs() announces first what it is about to make.
  const std::uint32_t made = sched.processors_made.load(base::memory_order_acquire);  // sync: processors-made
  const std::uint32_t limit = sched.processor_limit.load(base::memory_order_relaxed);
  return sched.processors[who % (limit < made ? limit : made)].load(base::memory_order_relaxed)->timers;
}

}  // namespace

alarm::alarm(const alarm_functions& functions) noexcept
    : timed(true), functions_(&functions), queue_(&queue_for_caller()) {}

void alarm::leave_home() noexcept { queue_->home->forget_alarm(); }

// Lock held.
void alarm::set_deadline(base::nanoseconds deadline) noexcept {
  if (timers::entry::pending()) {
    queue_->agenda.move(*this, deadline);
  } else {
    when = deadline;
    queue_->agenda.insert(*this);
  }
}

alarm_state alarm::start(base::nanoseconds deadline, base::nanoseconds period) noexcept {
  platform::sanitizer_release(this);  // the start of an alarm happens before its ring()
  alarm_state before;
  bool kick;
  {
    const platform::sanitizer_unobserved quiet;
    const base::lock_guard hold(queue_->lock);
    before = state();
    set_state(alarm_state::pending);
    next_generation();
    period_ = period;
    set_deadline(deadline);
    kick = publish_earliest(*queue_);
  }
  if (kick && queue_->home == nullptr) {
    announce_timer(deadline);
  }
  return before;
}

bool alarm::move_if_pending(base::nanoseconds deadline) noexcept {
  platform::sanitizer_release(this);
  bool kick;
  {
    const platform::sanitizer_unobserved quiet;
    const base::lock_guard hold(queue_->lock);
    if (state() != alarm_state::pending || period_ != 0) {
      return false;
    }
    set_deadline(deadline);
    kick = publish_earliest(*queue_);
  }
  if (kick && queue_->home == nullptr) {
    announce_timer(deadline);
  }
  return true;
}

alarm_state alarm::stop() noexcept {
  const platform::sanitizer_unobserved quiet;
  const base::lock_guard hold(queue_->lock);
  next_generation();
  if (queue_->agenda.remove(*this)) {
    publish_earliest(*queue_);
  }
  const alarm_state before = state();
  set_state(alarm_state::resting);
  return before;
}

bool alarm::stop_if_pending() noexcept {
  const platform::sanitizer_unobserved quiet;
  const base::lock_guard hold(queue_->lock);
  if (state() != alarm_state::pending || period_ != 0) {
    return false;
  }
  if (queue_->agenda.remove(*this)) {
    publish_earliest(*queue_);
  }
  set_state(alarm_state::resting);
  return true;
}

// At rest it stands in no agenda, and only a start changes that. Rung it may be under a firing's eyes, which the lock
// waits for.
void alarm::end() noexcept {
  if (state() != alarm_state::resting) {
    stop();
  }
}

// Lock held; it is due. A periodic one goes on in step with its start; what was missed is left out.
bool alarm::leave_agenda(base::nanoseconds now) noexcept {
  queue_->agenda.remove(*this);
  if (period_ == 0) {
    set_state(alarm_state::rung);
  } else {
    const base::nanoseconds missed = (now - when) / period_;
    const base::nanoseconds step = period_ * (missed + 1);  // at most now - when + period_
    when = when > base::never - step ? base::never : when + step;
    next_generation();
    queue_->agenda.insert(*this);
  }
  return functions_->claim(*this);
}

void alarm::ring(std::uint32_t due, base::nanoseconds now) noexcept {
  platform::sanitizer_acquire(this);
  functions_->ring(*this, due, now);
}

}  // namespace goro::sched
