// Whose turn it is. `busy_` says that somebody runs or is being chosen; who finds it false and somebody ready sets it,
// and calls pass_on.
#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "platform/sanitizer.hpp"
#include "sched/bubble.hpp"
#include "sched/inside.hpp"
#include "sched/scheduler.hpp"

namespace goro::sched {
namespace {

constexpr std::uint32_t outcome_woken = 1;

void end_wait(waiter* w) noexcept {
  w->claim(outcome_woken);
  w->make_ready();
}

}  // namespace

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
  ready_[index].who->requests = 0;
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

}  // namespace goro::sched
