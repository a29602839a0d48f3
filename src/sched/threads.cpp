// The threads of workers: how they begin and end, and how many there may be.
//
// There are as many as processors, and one more for each that blocks, or runs on without its processor. When those come
// back, more workers are idle than there are processors; the monitor ends the ones that were idle all the time since
// its last upkeep (idle_lists.cpp, retire_idle_workers), so a burst of blocking calls leaves its threads for about two
// seconds and no longer.
#include <cxxabi.h>

#include <new>
#include <string>

#include "platform/os.hpp"
#include "sched/handoff.hpp"
#include "sched/pause.hpp"
#include "sched/scheduler.hpp"
#include "sched/thread_starter.hpp"

namespace goro::sched {
namespace {

// Go's default (runtime/proc.go): a program that needs more has most likely lost control of its blocking calls, and the
// system's own limit, which no program survives well, is often not far.
constinit base::atomic<int> thread_limit{10'000};

int threads_now() noexcept {
  return static_cast<int>(sched.worker_count.load(base::memory_order_relaxed)) + 1;  // and the monitor
}

void check_thread_limit() noexcept {
  const int limit = thread_limit.load(base::memory_order_relaxed);
  if (threads_now() > limit) {
    base::fatal_error("thread exhaustion", "goro: program exceeds " + std::to_string(limit) + "-thread limit");
  }
}

// A worker without a thread: everything but the words that others may still touch is as in a new one.
void recycle_worker(worker& w) noexcept {
  begin_rest(w);
  w.held = nullptr;
  w.thread_id.store(0, base::memory_order_relaxed);
  w.current = nullptr;
  w.thread_must_end = false;
  w.spinning = false;
  w.home_exceptions = {};
  w.fiber = {};
  const base::lock_guard hold(sched.lock);
  w.next_idle = sched.spare_workers;
  sched.spare_workers = &w;
}

void worker_body(void* argument) noexcept {
  worker& w = *static_cast<worker*>(argument);
  set_this_worker(&w);
  w.thread_id.store(platform::thread_id(), base::memory_order_relaxed);
  end_rest(w);
  w.exceptions = reinterpret_cast<exception_globals*>(abi::__cxa_get_globals());
  platform::install_alternate_signal_stack();
  platform::want_exact_timers();
  platform::want_time_slice(w.thread_id.load(base::memory_order_relaxed), worker_slice);
  platform::restore_signal_mask();
  platform::sanitizer_adopt_thread(w.fiber);
  guard_thread_exit(true);
  worker_loop(w);
  // A goroutine ended locked to this thread: the thread ends, its record serves the next one.
  guard_thread_exit(false);
  set_this_worker(nullptr);
  w.current = nullptr;
  begin_rest(w);
  platform::remove_alternate_signal_stack();
  sched.worker_count.fetch_sub(1, base::memory_order_relaxed);
  recycle_worker(w);
}

// It rests until it has a thread: who pauses the program may be the monitor, which is to start it.
// Worker records are never freed: who wakes a worker may still touch its wake word when it has gone on, or ended.
worker* new_worker() noexcept {
  const base::lock_guard hold(sched.lock);
  worker* w = sched.spare_workers;
  if (w != nullptr) {
    sched.spare_workers = w->next_idle;
    w->next_idle = nullptr;
  }
  if (w == nullptr && (w = new (std::nothrow) worker) != nullptr) {
    begin_rest(*w);
    w->next_made = sched.workers.load(base::memory_order_relaxed);
    sched.workers.store(w, base::memory_order_release);  // sync: worker-made
  }
  return w;
}

void give_up_worker(void* argument) noexcept {
  worker& w = *static_cast<worker*>(argument);
  processor& p = *w.held;
  const bool spinning = w.spinning;
  const bool was_last = sched.worker_count.fetch_sub(1, base::memory_order_relaxed) == 1;
  recycle_worker(w);
  if (was_last && !sysmon_watches()) {  // nobody would try again
    base::fatal_error("failed to create a thread for goroutines to run on");
  }
  do_without_thread(p, spinning);
}

}  // namespace

void start_worker(processor& with, bool spinning) noexcept {
  worker* w = new_worker();
  if (w == nullptr) {
    do_without_thread(with, spinning);
    return;
  }
  attach(*w, with);
  w->spinning = spinning;
  sched.worker_count.fetch_add(1, base::memory_order_relaxed);
  check_thread_limit();
  w->start = {&worker_body, &give_up_worker, w, "goro"};
  start_thread_soon(w->start);
}

}  // namespace goro::sched

namespace goro::debug {

int set_max_threads(int n);  // goro/debug.hpp, a header of diag's

int set_max_threads(int n) {
  sched::ensure_started();
  const int before = sched::thread_limit.exchange(n, base::memory_order_relaxed);
  sched::check_thread_limit();
  return before;
}

}  // namespace goro::debug
