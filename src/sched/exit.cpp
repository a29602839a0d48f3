// The end of the process: workers stop before static destructors run, and a child of fork() has no workers at all.
#include <cstdlib>

#include "base/hooks.hpp"
#include "platform/os.hpp"
#include "platform/race_options.hpp"
#include "platform/sanitizer.hpp"
#include "sched/pause.hpp"
#include "sched/scheduler.hpp"

namespace goro::sched {
namespace {

// Before static destructors run, nothing of goro runs any more. A worker that is asked stops at its goroutine's next
// call to goro. One whose goroutine makes none cannot be stopped. It is given up when it has had a processor of the
// machine for this long, or waits in the kernel (in a call that blocking() does not enclose) after the shortest wait.
// Not by the clock alone: on a loaded machine a worker that only has to be scheduled once more may take long to get
// there.
constexpr base::nanoseconds enough_running = 20'000'000;
constexpr base::nanoseconds shortest_wait = 100'000'000;
constexpr base::nanoseconds longest_wait = 10'000'000'000;

class stop_of_workers {
 public:
  explicit stop_of_workers(const worker* self) noexcept : self_(self), begin_(base::now_ns()) {}

  // Are all processors at rest, and all workers that had one stopped or given up, but for the calling one?
  bool finished() noexcept {
    bool all = true;
    const std::uint32_t made = sched.processors_made.load(base::memory_order_acquire);  // sync: processors-made
    for (std::uint32_t i = 0; i < made; ++i) {
      const processor& p = *sched.processors[i].load(base::memory_order_relaxed);
      worker* owner = p.owner.load(base::memory_order_acquire);  // sync: processor-owner
      all = (owner == nullptr || has_stopped(*owner)) && all;
    }
    for (worker* w = sched.workers.load(base::memory_order_acquire); w != nullptr;
         w = w->next_made) {  // sync: worker-made
      all = (!w->hog.load(base::memory_order_relaxed) || has_stopped(*w)) && all;
    }
    return all;
  }

 private:
  bool has_stopped(worker& w) const noexcept {
    if (&w == self_ || w.stopped.load(base::memory_order_acquire)) {  // sync: worker-stopped
      return true;
    }
    ask_to_yield(w);
    return given_up(w);
  }

  bool given_up(worker& w) const noexcept {
    const base::nanoseconds waited = base::now_ns() - begin_;
    if (waited > longest_wait) {
      return true;
    }
    const platform::thread_activity now = platform::activity_of(w.thread_id.load(base::memory_order_relaxed));
    if (w.cpu_time_at_exit == 0) {
      w.cpu_time_at_exit = now.cpu_time;
    }
    return now.cpu_time - w.cpu_time_at_exit > enough_running || (waited > shortest_wait && !now.wants_to_run);
  }

  const worker* self_;
  const base::nanoseconds begin_;
};

// 1 when the workers have stopped: who ends the process at the same time waits for that.
base::futex_word workers_have_stopped{0};

void wait_for_the_other_end() noexcept {
  if (worker* self = this_worker()) {
    self->stopped.store(true, base::memory_order_release);  // sync: worker-stopped
  }
  while (workers_have_stopped.load(base::memory_order_acquire) == 0) {  // sync: workers-stopped
    base::futex_wait(workers_have_stopped, 0);
  }
}

// A race build: goroutines that are left may run into the race that the program is run for. As Go's atexit_sleep_ms,
// but not longer than there are any.
void let_goroutines_race() noexcept {
  const base::nanoseconds pause = platform::race_options_of_process().exit_pause;
  const worker* self = this_worker();
  const std::size_t own = self != nullptr && self->current != nullptr ? 1 : 0;
  const base::nanoseconds end = base::now_ns() + pause;
  while (base::now_ns() < end && count_goroutines() > own) {
    base::futex_word never_changes{0};
    base::futex_wait(never_changes, 0, base::now_ns() + 1'000'000);
  }
}

}  // namespace

void stop_all_workers() noexcept {
  base::let_report_finish();
  if constexpr (GORO_WITH_TSAN != 0) {
    let_goroutines_race();
  }
  if (auto* hook = base::exit_hook.exchange(nullptr, base::memory_order_acquire)) {  // sync: hook
    hook();
  }
  std::uint32_t expected = scheduler::running;
  while (!sched.stop_reason.compare_exchange_strong(expected, scheduler::exiting, base::memory_order_seq_cst)) {
    if (expected == scheduler::pausing || expected == scheduler::paused) {
      wait_for_end_of_pause();
      expected = scheduler::running;
      continue;
    }
    if (expected == scheduler::exiting) {
      wait_for_the_other_end();
    }
    return;
  }
  // Who takes a processor looks at stop_reason under this lock: after it they see it, or we see them as owners.
  sched.lock.acquire();
  sched.lock.release();
  stop_of_workers stop(this_worker());
  while (!stop.finished()) {
    base::futex_wait(workers_have_stopped, 0, base::now_ns() + 50'000);
  }
  workers_have_stopped.store(1, base::memory_order_release);  // sync: workers-stopped
  base::futex_wake(workers_have_stopped, INT32_MAX);
}

namespace {

// exit() runs the calling thread's thread_local destructors before every atexit handler and static destructor. An
// object of this type in the main thread, in each worker and in each foreign thread that calls goro therefore stops
// goro first, whatever was constructed after goro started. (exit() on a thread that never called goro is covered by the
// atexit handler, in the usual reverse order.)
struct exit_guard {
  bool armed = false;
  ~exit_guard() {
    if (!armed) {
      return;
    }
    worker* w = this_worker();
    if (w == nullptr) {
      if (platform::inside_exit()) {
        stop_all_workers();
      }
    } else if (w->current != nullptr) {  // null in the thread of a goroutine that ended locked to it
      if (!on_goroutine_stack(*w)) {
        base::fatal_error("pthread_exit called in a goroutine");
      }
      stop_all_workers();
    }
  }
  // exit() runs on the stack of its caller; pthread_exit has unwound to the thread's own stack by now.
  static bool on_goroutine_stack(worker& w) noexcept {
    const auto* here = static_cast<const std::byte*>(__builtin_frame_address(0));
    return here >= w.current->stack.limit() && here < w.current->stack_high();
  }
};
thread_local exit_guard guard_of_this_thread;

void after_fork_in_child() noexcept {
  base::forget_report();
  sched.stop_reason.store(scheduler::forked, base::memory_order_seq_cst);
}

}  // namespace

void guard_thread_exit(bool armed) noexcept {
  // The first use registers the destructor in memory that exit() frees, maybe on a goroutine's stack: no race of the
  // program.
  [[maybe_unused]] const platform::sanitizer_unobserved registering;
  guard_of_this_thread.armed = armed;
}

void prepare_for_exit() noexcept {
  platform::on_fork_child(&after_fork_in_child);
  std::atexit([] { stop_all_workers(); });
}

namespace {
// main() returns in the main thread, also when only other threads have called goro.
[[maybe_unused]] const bool main_thread_guarded = [] {
  const bool is_main = platform::is_main_thread();
  if (is_main) {
    guard_thread_exit(true);
  }
  return is_main;
}();
}  // namespace

void fail_after_fork() noexcept { base::fatal_error("goro used in a child of fork(): only exec or _exit work there"); }

}  // namespace goro::sched
