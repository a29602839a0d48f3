#include "sched/bubble.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/local_time.hpp"
#include "platform/sanitizer.hpp"
#include "sched/inside.hpp"
#include "sched/scheduler.hpp"

namespace goro::sched {
namespace {

// Midnight UTC 2000-01-01, as in Go, counted from the clock's epoch.
constexpr base::nanoseconds first_moment = 946'684'800'000'000'000;
constexpr std::uint32_t outcome_woken = 1;

base::nanoseconds clock_of_caller() noexcept {
  const bubble* b = bubble::of_caller();
  return b != nullptr ? b->now() : base::now_ns();
}

void end_wait(waiter* w) noexcept {
  w->claim(outcome_woken);
  w->make_ready();
}

// What a callback needs after the goroutine has been saved. On its stack, which stands still until the bubble passes on.
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

namespace {
base::atomic<std::uint32_t> last_id{0};
}  // namespace

bubble::bubble(bubble_rules* rules) noexcept
    : id_(last_id.fetch_add(1, base::memory_order_relaxed) + 1), rules_(rules), now_(first_moment) {
  timers_.home = this;
  base::local_clock_hook.store(&clock_of_caller, base::memory_order_release);  // sync: hook
  count_.fetch_add(1, base::memory_order_relaxed);
}

// Those that may still be referred to: reachable, so that nobody takes them for lost memory.
void bubble::retire(bubble* b) noexcept {
  if (b->may_be_deleted()) {
    count_.fetch_sub(1, base::memory_order_relaxed);
    delete b;
    return;
  }
  static base::atomic<bubble*> kept{nullptr};
  b->next_kept_ = kept.load(base::memory_order_relaxed);
  while (!kept.compare_exchange_weak(b->next_kept_, b, base::memory_order_relaxed)) {
  }
}

bubble* bubble::of(const goroutine& g) noexcept {
  const bubble_member* member = member_of(*g.record);
  return member != nullptr ? member->home : nullptr;
}

bubble* bubble::of_caller() noexcept {
  if (!any()) {
    return nullptr;
  }
  const worker* w = this_worker();
  return w != nullptr && w->current != nullptr && w->current->record != nullptr ? of(*w->current) : nullptr;
}

std::uint32_t bubble::id_of_caller() noexcept {
  const bubble* home = of_caller();
  return home != nullptr ? home->id_ : 0;
}

std::optional<std::uint32_t> bubble::random_of_caller(std::uint32_t bound) noexcept {
  const bubble* home = of_caller();
  if (home == nullptr || home->rules_ == nullptr || this_worker()->current->blocking_depth != 0) {
    return std::nullopt;
  }
  return home->rules_->random_below(*member_of(*this_worker()->current->record), bound);
}

// Members ----------------------------------------------------------------------------------------------------------

launch_extras& bubble::make_extras(launch& l) {
  if (l.extras == nullptr) {
    l.extras = new launch_extras{};
  }
  return *static_cast<launch_extras*>(l.extras);
}

void bubble::adopt(launch& l) noexcept {
  const platform::sanitizer_unobserved quiet;
  bubble_member& member = make_extras(l).member;
  const base::lock_guard hold(lock_);
  member.home = this;
  member.number = ++last_number_;
  member.record = &l;
  member.next = members_;
  if (members_ != nullptr) {
    members_->previous = &member;
  }
  members_ = &member;
  ready_.reserve(++member_count_);
}

void bubble::end_of(goroutine& self) noexcept {
  bubble_member& me = *member_of(*self.record);
  lock_.acquire();
  if (outcome_ != outcome::none) {
    lock_.release();
    stop_for_good(self);
  }
  (me.previous != nullptr ? me.previous->next : members_) = me.next;
  if (me.next != nullptr) {
    me.next->previous = me.previous;
  }
  --member_count_;
  ++me.steps;
  last_ended_ = me;
  lock_.release();
  platform::sanitizer_release(this);
}

void bubble::run_record(goroutine& self) {
  launch& record = *self.record;
  if (rules_ == nullptr) {
    record.run(record);
  } else if (!rules_->run(record)) {
    stop_for_good(self);
  }
}

// Who goes on ----------------------------------------------------------------------------------------------------------

// Lock held.
std::size_t bubble::choose(step_kind kind, bubble_member* who) noexcept {
  if (rules_ != nullptr) {
    const platform::sanitizer_unobserved quiet;
    return rules_->choose({kind, who, ready_});
  }
  const bool may_stay = kind == step_kind::call || (kind == step_kind::yield && ready_.empty());
  return may_stay ? bubble_rules::stay : 0;
}

// Lock held.
runnable bubble::take(std::size_t index) noexcept {
  base::check(index < ready_.size(), "the one that goes on is ready");
  const platform::sanitizer_unobserved quiet;  // erase moves memory
  const runnable chosen = ready_[index].what;
  ready_.erase(ready_.begin() + static_cast<std::ptrdiff_t>(index));
  return chosen;
}

// Lock held; released. The last touch of the bubble by whoever calls this.
void bubble::make_over(outcome how) noexcept {
  outcome_ = how;
  if (how != outcome::ended) {
    constexpr std::uint32_t abandoned = UINT32_MAX;
    for (const bubble_member* m = members_; m != nullptr; m = m->next) {
      if (m->in_table != nullptr) {
        m->in_table->claim(abandoned);
      }
    }
  }
  busy_ = false;
  waiter* owner = owner_;
  lock_.release();
  end_wait(owner);
}

// A worker at home looks at its own queue next; nobody else must be woken for that.
void bubble::let_go(runnable r) noexcept {
  {
    const inside_runtime section;
    if (processor* p = section.held()) {
      push_local_next(*p, r);
      if (section.self()->current == nullptr) {
        return;
      }
    } else {
      push_global(r);
    }
  }
  wake_for_work();
}

// A timer that is set for now, or before, is due without the clock's moving.
void bubble::fire_due_timers() noexcept {
  if (timers_.earliest.load(base::memory_order_relaxed) <= now()) {
    const inside_runtime section;
    run_due_timers(timers_, now());
  }
}

void bubble::pass_on(step_kind kind, bubble_member* left) noexcept {
  for (;;) {
    fire_due_timers();
    lock_.acquire();
    if (outcome_ != outcome::none) {
      lock_.release();
      return;
    }
    if (!ready_.empty()) {
      const std::size_t chosen = choose(kind, kind == step_kind::end ? &last_ended_ : left);
      if (chosen == bubble_rules::give_up) {
        make_over(outcome::failed);
        return;
      }
      const runnable next = take(chosen);
      lock_.release();
      let_go(next);
      return;
    }
    if (outside_ != 0) {
      busy_ = false;
      lock_.release();
      return;
    }
    if (member_count_ == 0) {
      make_over(outcome::ended);
      return;
    }
    waiter* goes_on = std::exchange(idle_waiter_, nullptr);
    if (goes_on == nullptr && first_waits_ != nullptr && member_count_ == 1) {
      goes_on = std::exchange(first_waits_, nullptr);
    }
    if (goes_on != nullptr) {
      lock_.release();
      end_wait(goes_on);
      continue;
    }
    const base::nanoseconds next_timer = timers_.earliest.load(base::memory_order_relaxed);
    if (first_has_returned_ || next_timer == base::never) {
      make_over(first_has_returned_ ? outcome::leak : outcome::deadlock);
      return;
    }
    lock_.release();
    const base::nanoseconds moment = std::max(now(), next_timer);
    now_.store(moment, base::memory_order_relaxed);
    run_due_timers(timers_, moment);
  }
}

void bubble::add_ready(bubble_member& who, runnable what) noexcept {
  bool start = false;
  {
    const platform::sanitizer_unobserved quiet;
    const base::lock_guard hold(lock_);
    if (std::exchange(who.waits_for_outside, false)) {
      --outside_;
    }
    ready_.push_back({&who, what});
    start = !busy_ && outcome_ == outcome::none;
    busy_ = busy_ || start;
  }
  if (start) {
    pass_on(step_kind::wake, nullptr);
  }
}

bool bubble::take_ready(goroutine& g, runnable what) noexcept {
  bubble_member* member = member_of(*g.record);
  if (member == nullptr) {
    return false;
  }
  member->home->add_ready(*member, what);
  return true;
}

void bubble::note_in_table(const goroutine& self, waiter* queued) noexcept {
  if (bubble_member* member = member_of(*self.record)) {
    member->in_table = queued;
  }
}

void bubble::queue_in_bubble(void* left) {
  auto& g = *static_cast<goroutine*>(left);
  take_ready(g, runnable::parked(g, g.context.stack_pointer));
}

// What the running member does -----------------------------------------------------------------------------------------

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
  if (rules_ == nullptr && slice_over) {
    kind = step_kind::yield;
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
  --outside_;
  busy_ = true;
  return true;
}

// The owner --------------------------------------------------------------------------------------------------------------

bubble::outcome bubble::run(launch& first, const void* creator) noexcept {
  waiter self;
  owner_ = &self;
  busy_ = true;
  queue_launch_in(*this, first, creator);
  self.park(
      wait_reason::bubble_run, [](void* b) { static_cast<bubble*>(b)->pass_on(step_kind::wake, nullptr); }, this);
  platform::sanitizer_acquire(this);
  const base::lock_guard hold(lock_);
  return outcome_;
}

}  // namespace goro::sched
