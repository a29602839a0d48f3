// yield, checkpoint and the entry points of a goroutine's own wishes.
#include "base/check.hpp"
#include "goro/go.hpp"
#include "platform/os.hpp"
#include "sched/bubble.hpp"
#include "sched/inside.hpp"
#include "sched/scheduler.hpp"

namespace goro {
namespace {

using namespace sched;

void queue_at_back(void* left) {
  auto& g = *static_cast<goroutine*>(left);
  const runnable r = runnable::parked(g, g.context.stack_pointer);
  if (processor* p = g.on->held) {
    push_local_back(*p, r);
  } else {  // taken away: it queues for another one
    push_global(r);
    wake_for_work();
  }
}

// Is there nobody the processor could run instead?
bool alone(const worker& w, const processor& p) noexcept {
  return p.idle() && sched::sched.global_queue_size.load(base::memory_order_relaxed) == 0 &&
         p.timers.earliest.load(base::memory_order_relaxed) == base::never &&
         !p.surplus.load(base::memory_order_relaxed) && !stopping() && w.locked_goroutine == nullptr;
}

void yield_to_all(worker& w) noexcept {
  const bool entered = step_inside(w);
  base::check(entered, "yield inside the runtime");
  if (w.held == nullptr ? take_idle_processor(w) : alone(w, *w.held)) {
    follow_request_to_yield(w);
    if (bubble::any() && bubble::of(*w.current) != nullptr) [[unlikely]] {
      begin_slice(*w.held);  // the monitor asks once in each, and its requests are counted (turn_is_over)
    }
    step_outside(w);
    return;
  }
  leave(*w.current, {&queue_at_back, w.current});
}

// The bubble whose goroutine `w` runs, when that one could be stopped here: not inside blocking(), nor in a callback
// that the runtime makes between two goroutines (a condition variable's unlock).
bubble* bubble_at(const worker* w) noexcept {
  const bool stoppable = bubble::any() && w != nullptr && w->current != nullptr && w->current->blocking_depth == 0 &&
                         !w->inside.load(base::memory_order_relaxed);
  return stoppable ? bubble::of(*w->current) : nullptr;
}

}  // namespace

void yield() noexcept {
  worker* w = this_worker();
  if (w == nullptr || w->current == nullptr || w->current->blocking_depth != 0) {
    platform::yield_thread();
    return;
  }
  if (bubble* home = bubble_at(w)) [[unlikely]] {
    if (home->step_of(*w->current, step_kind::yield)) {
      return;
    }
    w = this_worker();
  }
  yield_to_all(*w);
}

constinit detail::atomic<std::uint32_t> detail::preemption_wanted{0};

void detail::preempt_if_asked() noexcept {
  worker* w = this_worker();
  if (bubble* home = bubble_at(w)) {
    if (!home->step_of(*w->current, step_kind::call)) {
      yield_to_all(*this_worker());
    }
  } else if (w != nullptr && w->preempt_requested.load(base::memory_order_relaxed)) {
    yield();
  }
}

void detail::simulate_step() noexcept {
  worker* w = this_worker();
  bubble* home = bubble_at(w);
  if (home != nullptr && !home->step_of(*w->current, step_kind::call)) {
    yield_to_all(*this_worker());
  }
}

namespace sched {
namespace {
constexpr std::uint32_t asked_to_yield = 1;
constexpr std::uint32_t one_watcher = 2;
}  // namespace

void watch_calls() noexcept { detail::preemption_wanted.fetch_add(one_watcher, base::memory_order_relaxed); }
void watch_calls_no_more() noexcept { detail::preemption_wanted.fetch_sub(one_watcher, base::memory_order_relaxed); }

void ask_to_yield(worker& w) noexcept {
  w.preempt_requested.store(true, base::memory_order_relaxed);
  detail::preemption_wanted.fetch_or(asked_to_yield,
                                     base::memory_order_seq_cst);  // after the request: see take_back_preemption
}

// Takes the shared word back as well, for most often there was no other request; if there was, the monitor thread
// raises it again at its next tick. Left to that thread, the word would be up half of the time while one goroutine runs
// alone.
void follow_request_to_yield(worker& w) noexcept {
  if (w.preempt_requested.load(base::memory_order_relaxed)) {
    w.preempt_requested.store(false, base::memory_order_relaxed);
    detail::preemption_wanted.fetch_and(~asked_to_yield, base::memory_order_relaxed);
  }
}

// The store comes before the caller's look for open requests: a request it does not find raises the word again
// afterwards.
void take_back_preemption() noexcept {
  detail::preemption_wanted.fetch_and(~asked_to_yield, base::memory_order_relaxed);
  base::store_load_fence();
}

}  // namespace sched

}  // namespace goro
