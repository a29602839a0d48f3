// The end of the process: workers stop before static destructors run, and a child of fork() has no workers at all.
#include <cstdlib>

#include "platform/os.hpp"
#include "platform/sanitizer.hpp"
#include "sched/scheduler.hpp"

namespace goro::sched {
namespace {

// Are all processors at rest, or held by workers that have stopped, or by the calling one?
bool all_others_stopped(const worker* self) noexcept {
  const std::uint32_t made = sched.processors_made.load(base::memory_order_acquire);  // sync: processors-made
  for (std::uint32_t i = 0; i < made; ++i) {
    worker* owner = sched.processors[i].load(base::memory_order_relaxed)->owner.load(base::memory_order_acquire);  // sync: processor-owner
    if (owner != nullptr && owner != self && !owner->stopped.load(base::memory_order_acquire)) {  // sync: worker-stopped
      ask_to_yield(*owner);
      return false;
    }
  }
  return true;
}

// Before static destructors run, nothing of goro runs any more. A goroutine that calls nothing of goro cannot be stopped:
// it is waited for this long only.
constexpr base::nanoseconds longest_wait_at_exit = 100'000'000;

void stop_all_workers() noexcept {
  base::let_fatal_error_finish();
  std::uint32_t expected = scheduler::running;
  if (!sched.stop_reason.compare_exchange_strong(expected, scheduler::exiting, base::memory_order_seq_cst)) {
    return;
  }
  // Who takes a processor looks at stop_reason under this lock: after it they see it, or we see them as owners.
  sched.lock.acquire();
  sched.lock.release();
  const base::nanoseconds end = base::now_ns() + longest_wait_at_exit;
  const worker* self = this_worker();
  while (!all_others_stopped(self) && base::now_ns() < end) {
    base::futex_word never_changes{0};
    base::futex_wait(never_changes, 0, base::now_ns() + 50'000);
  }
}

// exit() runs the calling thread's thread_local destructors before every atexit handler and static destructor. An object of this type
// in the main thread and in each worker therefore stops goro first, whatever was constructed after goro started.
// (exit() on another foreign thread is covered by the atexit handler, which runs in the usual reverse order.)
struct exit_guard {
  bool armed = false;
  ~exit_guard() {
    if (!armed) {
      return;
    }
    worker* w = this_worker();
    if (w != nullptr && w->current == nullptr) {
      return;  // the thread of a goroutine that ended locked to it
    }
    if (w != nullptr && !on_goroutine_stack(*w)) {
      base::fatal_error("pthread_exit called in a goroutine");
    }
    stop_all_workers();
  }
  // exit() runs on the stack of its caller; pthread_exit has unwound to the thread's own stack by now.
  static bool on_goroutine_stack(worker& w) noexcept {
    const auto* here = static_cast<const std::byte*>(__builtin_frame_address(0));
    return here >= w.current->stack.limit() && here < w.current->stack_high();
  }
};
thread_local exit_guard guard_of_this_thread;

void after_fork_in_child() noexcept { sched.stop_reason.store(scheduler::forked, base::memory_order_seq_cst); }

}  // namespace

void guard_thread_exit(bool armed) noexcept {
  // The first use registers the destructor in memory that exit() frees, maybe on a goroutine's stack: no race of the program.
  [[maybe_unused]] const platform::sanitizer_unobserved registering;
  guard_of_this_thread.armed = armed;
}

void prepare_for_exit() noexcept {
  platform::on_fork_child(&after_fork_in_child);
  std::atexit([] { stop_all_workers(); });
  if (platform::is_main_thread()) {
    guard_thread_exit(true);
  }
}

void fail_after_fork() noexcept {
  base::fatal_error("goro used in a child of fork(): only exec or _exit work there");
}

}  // namespace goro::sched
