// Calls that block the thread, and goroutines tied to one.
#include <utility>

#include "goro/go.hpp"
#include "sched/bubble.hpp"
#include "sched/handoff.hpp"
#include "sched/inside.hpp"
#include "sched/scheduler.hpp"

namespace goro {
namespace {

using namespace sched;

void queue_globally(void* left) {
  auto& g = *static_cast<goroutine*>(left);
  push_global(runnable::parked(g, g.context.stack_pointer));
  wake_for_work();
}

}  // namespace

namespace detail {

// Inside the section the worker holds no processor: it counts as a thread like any other, and so does every goro call
// that f makes.
blocking_section::blocking_section() noexcept {
  worker* w = this_worker();
  if (w == nullptr || w->current == nullptr || ++w->current->blocking_depth != 1) {
    return;
  }
  {
    const inside_runtime section(w);
    if (w->hog.load(base::memory_order_relaxed)) {
      end_hogging(*w);
    }
    if (processor* p = std::exchange(w->held, nullptr)) {
      hand_off_processor(*p);
    }
  }
  if (bubble* home = bubble::of_caller()) {
    home->enter_blocking(*w->current);
  }
}

blocking_section::~blocking_section() {
  worker* w = this_worker();
  if (w == nullptr || w->current == nullptr || --w->current->blocking_depth != 0) {
    return;
  }
  if (bubble* home = bubble::of_caller(); home != nullptr && !home->leave_blocking(*w->current)) {
    leave_for_home(*w->current, {&bubble::queue_in_bubble, w->current});
    return;
  }
  {
    const inside_runtime section;
    if (take_idle_processor(*w)) {
      return;
    }
  }
  leave_for_home(*w->current, {&queue_globally, w->current});  // queue up for a processor like everybody else
}

}  // namespace detail

void lock_os_thread() noexcept {
  worker* w = this_worker();
  if (w != nullptr && w->current != nullptr) {
    ++w->current->lock_depth;
    w->current->locked_to = w;
    w->locked_goroutine = w->current;
  }
}

void unlock_os_thread() noexcept {
  worker* w = this_worker();
  if (w != nullptr && w->current != nullptr && w->current->lock_depth != 0 && --w->current->lock_depth == 0) {
    w->current->locked_to = nullptr;
    w->locked_goroutine = nullptr;
  }
}

}  // namespace goro
