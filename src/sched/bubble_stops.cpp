// How the running member stops, and whether it does: it waits, comes to a step, blocks outside, or never goes on.
#include "base/check.hpp"
#include "platform/sanitizer.hpp"
#include "sched/bubble.hpp"
#include "sched/scheduler.hpp"

namespace goro::sched {
namespace {

// Without rules. The end of a time slice depends on the clock, and the order of a bubble must not: what is slow, as all
// is on a busy machine, keeps its turn. But a loop that waits for another member must not do so for ever. A second alone
// may be little on a busy machine; requests alone may come often, since not only slices make them.
constexpr base::nanoseconds longest_turn = 1'000'000'000;
constexpr std::uint32_t most_requests = 100;

// It is asked to yield.
bool turn_is_over(bubble_member& me) noexcept {
  const base::nanoseconds now = base::now_ns();
  if (me.requests++ == 0) {
    me.first_request = now;
  }
  return me.requests >= most_requests && now - me.first_request >= longest_turn;
}

// What a callback needs after the goroutine has been saved. On its stack, which stands still until the bubble passes
// on.
struct parting {
  bubble* home;
  bubble_member* who;
  platform::after_switch after;
};

void finish_park(void* p) {
  const parting left = *static_cast<parting*>(p);
  left.after();
  left.home->pass_on(step_kind::wait, left.who);
}

struct change {
  bubble* home;
  goroutine* left;
  runnable next;
};

}  // namespace

void bubble::park(goroutine& self, platform::after_switch after, bool for_outside) noexcept {
  bubble_member& me = *member_of(*self.record);
  ++me.steps;
  me.body = &self;
  if (for_outside) {
    const base::lock_guard hold(lock_);
    me.waits_for_outside = true;
    ++outside_;
  }
  platform::sanitizer_release(this);  // for wait_idle
  parting left{this, &me, after};
  leave_for_home(self, {&finish_park, &left});
}

bool bubble::step_of(goroutine& self, step_kind kind) noexcept {
  bubble_member& me = *member_of(*self.record);
  const bool slice_over = self.on->preempt_requested.load(base::memory_order_relaxed);
  if (rules_ == nullptr && slice_over && turn_is_over(me)) {
    kind = step_kind::yield;
  }
  if (kind == step_kind::yield) {
    me.requests = 0;  // also when nobody else can run
  }
  fire_due_timers();
  lock_.acquire();
  ++me.steps;
  me.body = &self;
  const std::size_t chosen = outcome_ == outcome::none ? choose(kind, &me) : bubble_rules::give_up;
  if (chosen == bubble_rules::give_up) {
    lock_.release();
    stop_for_good(self);
  }
  if (chosen == bubble_rules::stay) {
    const bool others_of_program = slice_over || (kind == step_kind::yield && ready_.empty());
    lock_.release();
    return !others_of_program;
  }
  change now{this, &self, take(chosen)};
  lock_.release();
  const auto queue_then_let_go = [](void* c) {
    const change left = *static_cast<change*>(c);
    queue_in_bubble(left.left);
    let_go(left.next);
  };
  leave_for_home(self, {queue_then_let_go, &now});
  return true;
}

void bubble::stop_for_good(goroutine& self) noexcept {
  const auto give_up = [](void* b) {
    auto& home = *static_cast<bubble*>(b);
    home.lock_.acquire();
    if (home.outcome_ == outcome::none) {
      home.make_over(outcome::failed);
    } else {
      home.lock_.release();
    }
  };
  self.reason = wait_reason::abandoned;
  platform::sanitizer_release(this);
  leave_for_home(self, {give_up, this});
  base::fatal_error("goro: a goroutine of an abandoned simulation went on");
}

void bubble::wait_for_members() noexcept {
  lock_.acquire();
  first_has_returned_ = true;
  if (member_count_ == 1) {
    lock_.release();
    return;
  }
  waiter self;
  first_waits_ = &self;
  self.park(
      wait_reason::bubble_end, [](void* l) { static_cast<base::lock*>(l)->release(); }, &lock_);
}

void bubble::wait_idle() {
  lock_.acquire();
  if (idle_waiter_ != nullptr) {
    lock_.release();
    base::raise_panic("wait already in progress");
  }
  waiter self;
  idle_waiter_ = &self;
  self.park(
      wait_reason::bubble_idle, [](void* l) { static_cast<base::lock*>(l)->release(); }, &lock_);
  platform::sanitizer_acquire(this);
}

// It runs on, on its own thread; others of the bubble may do so meanwhile.
void bubble::enter_blocking(goroutine& self) noexcept {
  bubble_member& me = *member_of(*self.record);
  ++me.steps;
  me.body = &self;
  {
    const base::lock_guard hold(lock_);
    me.waits_for_outside = true;
    ++outside_;
  }
  pass_on(step_kind::wait, &me);
}

bool bubble::leave_blocking(goroutine& self) noexcept {
  bubble_member& me = *member_of(*self.record);
  const base::lock_guard hold(lock_);
  if (busy_ || outcome_ != outcome::none) {
    return false;  // queued it is counted out of outside_
  }
  me.waits_for_outside = false;
  me.requests = 0;
  --outside_;
  busy_ = true;
  return true;
}

}  // namespace goro::sched
