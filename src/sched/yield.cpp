// yield, checkpoint and the entry points of a goroutine's own wishes.
#include "base/check.hpp"
#include "goro/go.hpp"
#include "platform/os.hpp"
#include "sched/inside.hpp"
#include "sched/lock_watch.hpp"
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

}  // namespace

void yield() noexcept {
  worker* w = this_worker();
  if (w == nullptr || w->current == nullptr || w->current->blocking_depth != 0) {
    platform::yield_thread();
    return;
  }
  const bool entered = step_inside(*w);
  base::check(entered, "yield inside the runtime");
  if (w->held == nullptr ? take_idle_processor(*w) : alone(*w, *w->held)) {
    follow_request_to_yield(*w);
    step_outside(*w);
    return;
  }
  leave(*w->current, {&queue_at_back, w->current});
}

constinit detail::atomic<bool> detail::preemption_wanted{false};

void detail::preempt_if_asked() noexcept {
  const worker* w = this_worker();
  if (w != nullptr && w->preempt_requested.load(base::memory_order_relaxed)) {
    yield();
  }
}

namespace sched {

void ask_to_yield(worker& w) noexcept {
  w.preempt_requested.store(true, base::memory_order_relaxed);
  detail::preemption_wanted.store(true, base::memory_order_seq_cst);  // after the request: see take_back_preemption
}

// Takes the shared word back as well, for most often there was no other request; if there was, the monitor thread raises it again at
// its next tick. Left to that thread, the word would be up half of the time while one goroutine runs alone.
void follow_request_to_yield(worker& w) noexcept {
  if (w.preempt_requested.load(base::memory_order_relaxed)) {
    w.preempt_requested.store(false, base::memory_order_relaxed);
    detail::preemption_wanted.store(watches_locks(), base::memory_order_relaxed);
  }
}

// The store comes before the caller's look for open requests: a request it does not find raises the word again afterwards.
void take_back_preemption() noexcept {
  detail::preemption_wanted.store(watches_locks(), base::memory_order_relaxed);
  base::store_load_fence();
}

}  // namespace sched

}  // namespace goro
