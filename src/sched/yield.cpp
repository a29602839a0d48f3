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
    follow_request_to_yield(*w);
    return;
  }
  leave({&queue_at_back, w->current});
}

void checkpoint() noexcept { sched::preemption_point(); }

}  // namespace goro
