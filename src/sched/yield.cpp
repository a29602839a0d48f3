// yield, checkpoint and the entry points of a goroutine's own wishes.
#include "goro/go.hpp"
#include "platform/os.hpp"
#include "sched/scheduler.hpp"

namespace goro {
namespace {

using namespace sched;

void queue_at_back(void* left) {
  auto& g = *static_cast<goroutine*>(left);
  push_local_back(*this_worker()->held, runnable::parked(g, g.context.stack_pointer));
}

// Is there nobody the processor could run instead?
bool alone(const worker& w) noexcept {
  const processor& p = *w.held;
  return p.idle() && sched::sched.global_queue_size.load(base::memory_order_relaxed) == 0 &&
         p.timers.earliest.load(base::memory_order_relaxed) == base::never &&
         !p.surplus.load(base::memory_order_relaxed) && !stopping() && w.locked_goroutine == nullptr;
}

}  // namespace

void yield() noexcept {
  worker* w = this_worker();
  if (w == nullptr || w->held == nullptr) {
    platform::yield_thread();
    return;
  }
  if (alone(*w)) {
    w->preempt_requested.store(false, base::memory_order_relaxed);
    return;
  }
  leave({&queue_at_back, w->current});
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
  detail::preemption_wanted.store(true, base::memory_order_relaxed);
}

}  // namespace sched

}  // namespace goro
