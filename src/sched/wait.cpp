#include "sched/wait.hpp"

#include <iterator>
#include <optional>

#include "base/local_time.hpp"
#include "goro/go.hpp"
#include "platform/sanitizer.hpp"
#include "sched/bubble.hpp"
#include "sched/inside.hpp"
#include "sched/scheduler.hpp"
#include "sched/thread_parker.hpp"

namespace goro::sched {

namespace {
constexpr const char* words[] = {
    "",
    "sleep",
    "sync.Mutex.Lock",
    "sync.RWMutex.Lock",
    "sync.RWMutex.RLock",
    "sync.WaitGroup.Wait",
    "sync.Cond.Wait",
    "semacquire",
    "sync.Once.Do",
    "latch wait",
    "barrier wait",
    "future wait",
    "select",
    "select (no cases)",
    "chan receive",
    "chan send",
    "chan receive (nil chan)",
    "chan send (nil chan)",
    "locked to thread",
    "run main",
    "IO wait",
    "testing.run_virtual",
    "testing.run_virtual (end)",
    "testing.wait_idle",
    "simulation abandoned",
};
}  // namespace

const char* to_string(wait_reason reason) noexcept {
  const auto index = static_cast<std::size_t>(reason);
  return index < std::size(words) ? words[index] : "unknown";
}

const char* const& reason_words() noexcept { return words[0]; }

namespace {

// The goroutine that may be parked here, or null where the thread itself must wait.
goroutine* parkable_goroutine() noexcept {
  worker* w = this_worker();
  return w != nullptr && w->current != nullptr && w->current->blocking_depth == 0 ? w->current : nullptr;
}

// The `after` of a park with a deadline: see park_until.
struct timed_park {
  wait_timer timer;
  void (*unlock)(void*);
  void* argument;
  const base::function_ref<void()>* then;
};

// Everything is read off the goroutine's stack before the first step that lets it go on.
void unlock_then_call(timed_park& park, bool timed) noexcept {
  const auto unlock = park.unlock;
  void* const argument = park.argument;
  std::optional<base::function_ref<void()>> then;
  if (park.then != nullptr) {
    then.emplace(*park.then);
    platform::sanitizer_acquire(&park);  // the call is made on behalf of the goroutine
  }
  if (timed) {
    start_timer(park.timer);
  }
  if (unlock != nullptr) {
    unlock(argument);
  }
  if (then) {
    (*then)();
  }
}

void start_timer_then_unlock(void* park) noexcept { unlock_then_call(*static_cast<timed_park*>(park), true); }
void unlock_without_timer(void* park) noexcept { unlock_then_call(*static_cast<timed_park*>(park), false); }

// A thread that waits for the network.
class waits_for_outside {
 public:
  explicit waits_for_outside(bool applies) noexcept : applies_(applies) {
    if (applies_) {
      expect_from_outside();
    }
  }
  waits_for_outside(const waits_for_outside&) = delete;
  waits_for_outside& operator=(const waits_for_outside&) = delete;
  ~waits_for_outside() {
    if (applies_) {
      expect_no_more_from_outside();
    }
  }

 private:
  const bool applies_;
};

// Threads wait by the system's clock, also one that runs a member of a bubble in blocking(). The deadline may be any
// number.
base::nanoseconds by_system_clock(base::nanoseconds local_deadline) noexcept {
  const base::nanoseconds local_now = base::local_now_ns();
  const base::nanoseconds now = base::now_ns();
  if (local_deadline <= local_now) {
    return now;
  }
  const base::nanoseconds left = local_deadline - local_now;
  return left < base::never - now ? now + left : base::never;
}

void note_wait(goroutine& g, wait_reason reason, bool may_give_up) noexcept {
  g.reason = reason;
  g.may_give_up = may_give_up;
  g.waiting_since = sched.coarse_now.load(base::memory_order_relaxed);
}
[[gnu::noinline]] void leave_where_bubbles_are(goroutine& self, platform::after_switch after,
                                               bool for_outside) noexcept {
  if (bubble* home = bubble::of(self)) {
    home->park(self, after, for_outside);
  } else {
    leave(self, after);
  }
}

// As sched::leave, for a member of a bubble too.
[[gnu::always_inline]] inline void leave_to_wait(goroutine& self, platform::after_switch after,
                                                 bool for_outside) noexcept {
  if (bubble::any()) [[unlikely]] {
    leave_where_bubbles_are(self, after, for_outside);
  } else {
    leave(self, after);
  }
}

void note_end_of_wait(goroutine& g) noexcept { g.reason = wait_reason::none; }

}  // namespace

void waiter::note_in_table(bool queued) noexcept {
  if (goroutine_ != nullptr) {
    bubble::note_in_table(*goroutine_, queued ? this : nullptr);
  }
}

void waiter::note_object(const void* object) noexcept {
  if (goroutine_ != nullptr) {
    goroutine_->waits_for = object;
  }
}

waiter::waiter() noexcept : goroutine_(parkable_goroutine()), thread_(nullptr) {
  if (goroutine_ == nullptr) {
    enter_from_thread();
    thread_ = &this_thread_parker();
  }
}

void waiter::make_ready() noexcept {
  platform::sanitizer_release(this);  // what the waker did happens before what the woken one does next
  if (goroutine_ == nullptr) {
    thread_->wake();
    return;
  }
  const runnable r = runnable::parked(*goroutine_, goroutine_->context.stack_pointer);
  if (!bubble::any() || !bubble::take_ready(*goroutine_, r)) [[likely]] {
    make_runnable(r);
  }
}

void waiter::make_ready_quietly() noexcept {
  if (goroutine_ == nullptr) {
    thread_->wake();
    return;
  }
  const runnable r = runnable::parked(*goroutine_, goroutine_->context.stack_pointer);
  if (bubble::any() && bubble::take_ready(*goroutine_, r)) [[unlikely]] {
    return;
  }
  const inside_runtime section;
  if (processor* p = section.held()) {
    push_local_back(*p, r);
  } else {
    push_global(r);
  }
}

std::uint32_t waiter::park(wait_reason reason, void (*unlock)(void*), void* argument) noexcept {
  if (goroutine_ == nullptr) [[unlikely]] {
    return wait_as_thread(reason, unlock, argument);
  }
  goroutine& self = *goroutine_;
  note_wait(self, reason, false);
  leave_to_wait(self, {unlock, argument}, for_outside_ || reason == wait_reason::io_wait);
  note_end_of_wait(self);
  platform::sanitizer_acquire(this);
  return outcome();
}

std::uint32_t waiter::wait_as_thread(wait_reason reason, void (*unlock)(void*), void* argument) noexcept {
  if (unlock != nullptr) {
    unlock(argument);
  }
  const waits_for_outside counted(reason == wait_reason::io_wait);
  thread_->wait(base::never);
  platform::sanitizer_acquire(this);
  return outcome();
}

std::uint32_t waiter::park_until(wait_reason reason, base::nanoseconds deadline, std::uint32_t timeout_outcome,
                                 void (*unlock)(void*), void* argument,
                                 const base::function_ref<void()>* then) noexcept {
  if (deadline == base::never && then == nullptr) {
    return park(reason, unlock, argument);
  }
  if (goroutine_ != nullptr) {
    goroutine& self = *goroutine_;
    timed_park park;
    park.timer.when = deadline;
    park.timer.target = this;
    park.timer.outcome = timeout_outcome;
    park.unlock = unlock;
    park.argument = argument;
    park.then = then;
    if (then != nullptr) {
      platform::sanitizer_release(&park);
    }
    const bool timed = deadline != base::never;
    note_wait(self, reason, true);  // `then` is for contexts
    if (timed && reason != wait_reason::io_wait && bubble::any()) [[unlikely]] {
      park.timer.queue.store(bubble::timers_of(self), base::memory_order_relaxed);
    }
    leave_to_wait(self, {timed ? &start_timer_then_unlock : &unlock_without_timer, &park},
                  for_outside_ || reason == wait_reason::io_wait);
    note_end_of_wait(self);
    if (timed && outcome() != timeout_outcome) {
      stop_timer(park.timer);
    }
  } else {
    if (unlock != nullptr) {
      unlock(argument);
    }
    if (then != nullptr) {
      (*then)();
    }
    if (bubble::any() && deadline != base::never && reason != wait_reason::io_wait) {
      deadline = by_system_clock(deadline);
    }
    const waits_for_outside counted(reason == wait_reason::io_wait);
    if (!thread_->wait(deadline) && !claim(timeout_outcome)) {
      thread_->wait(base::never);  // claimed by a waker that is about to make us ready
    }
  }
  if (outcome() != timeout_outcome) {
    platform::sanitizer_acquire(this);
  }
  return outcome();
}

bool spin_a_little(unsigned tries) noexcept {
  constexpr unsigned most_tries = 4;
  constexpr int pauses = 30;
  if (tries >= most_tries || stopping() || bubble::of_caller() != nullptr) {  // in a bubble nobody else runs
    return false;
  }
  const std::uint32_t limit = sched.processor_limit.load(base::memory_order_relaxed);
  const std::uint32_t unhelpful =
      sched.idle_processors.load(base::memory_order_relaxed) + sched.spinning.load(base::memory_order_relaxed) + 1;
  {
    const inside_runtime section;
    if (section.held() != nullptr && (limit <= unhelpful || !section.held()->idle())) {
      return false;
    }
  }
  for (int i = 0; i < pauses; ++i) {
    base::cpu_pause();
  }
  return true;
}

}  // namespace goro::sched
