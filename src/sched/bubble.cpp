// Its members, its owner, and what others ask about it. Who goes on: bubble_turns.cpp. How a member stops:
// bubble_stops.cpp.
#include "sched/bubble.hpp"

#include "base/clock.hpp"
#include "base/local_time.hpp"
#include "platform/sanitizer.hpp"
#include "sched/scheduler.hpp"

namespace goro::sched {
namespace {

// Midnight UTC 2000-01-01, as in Go, counted from the clock's epoch.
constexpr base::nanoseconds first_moment = 946'684'800'000'000'000;

base::atomic<std::uint32_t> last_id{0};

base::nanoseconds clock_of_caller() noexcept {
  const bubble* b = bubble::of_caller();
  return b != nullptr ? b->now() : base::now_ns();
}

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

// The owner -----------------------------------------------------------------------------------------------------------

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
