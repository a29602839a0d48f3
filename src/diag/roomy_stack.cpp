#include "diag/roomy_stack.hpp"

#include <cstddef>

#include "base/futex.hpp"
#include "platform/os.hpp"
#include "sched/inspect.hpp"

namespace goro::diag {
namespace {

// Measured use is below 20 KiB; names of templates can be long, and sanitizers widen every frame.
constexpr std::size_t enough = std::size_t{96} << 10;

bool has_room() noexcept {
  sched::goroutine_view self;
  if (!sched::current_goroutine(self)) {
    return true;  // a thread's stack
  }
  const auto* here = static_cast<const std::byte*>(__builtin_frame_address(0));
  const bool on_own_stack = here >= self.stack_low && here < self.stack_high;  // else: the signal stack
  return !on_own_stack || static_cast<std::size_t>(here - self.stack_low) >= enough;
}

struct order {
  base::function_ref<void()> work;
  base::futex_word done{0};
};

void carry_out(void* data) {
  order& o = *static_cast<order*>(data);
  o.work();
  o.done.store(1, base::memory_order_release);  // sync: roomy-work-done
  base::futex_wake(o.done, 1);
}

}  // namespace

void with_room(base::function_ref<void()> work) noexcept {
  order o{work};
  if (has_room() || !platform::start_thread(&carry_out, &o, "goro-trace")) {
    work();
    return;
  }
  while (o.done.load(base::memory_order_acquire) == 0) {  // sync: roomy-work-done
    base::futex_wait(o.done, 0);
  }
}

}  // namespace goro::diag
