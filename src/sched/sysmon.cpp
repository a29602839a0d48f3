// sysmon: one thread without a processor that sees what workers cannot.
//
//   every tick    asks a worker to yield that has not begun a new time slice for 10 ms, and takes the processor of one
//                 that does not follow, or that blocks (handoff.hpp); fires timers that are overdue because every
//                 processor is busy, and looks into the poller when no worker does for the same reason (polling.hpp)
//   now and then  gives memory of dead goroutines back, and ends threads that nobody needs
//   hooked in     searches for goroutines that can never go on (diag/deadlock_search.cpp)
//   asked         starts threads for workers (thread_starter.hpp), and prepares stacks that will be taken soon
//   all idle      sleeps until somebody takes a processor
#include <algorithm>

#include "base/hooks.hpp"
#include "base/settings.hpp"
#include "platform/os.hpp"
#include "sched/handoff.hpp"
#include "sched/inspect.hpp"
#include "sched/polling.hpp"
#include "sched/schedtrace.hpp"
#include "sched/scheduler.hpp"
#include "sched/sysmon_sleep.hpp"
#include "sched/thread_starter.hpp"

namespace goro::sched {
namespace {

constexpr base::nanoseconds overdue = 1'000'000;  // timers: busy workers see to them before, when they come by
constexpr base::nanoseconds upkeep_interval = 1'000'000'000;
constexpr std::size_t upkeep_budget = 1024;  // stacks a call

// Work is never left standing, nor a timer, while a processor is idle: the protocols of idle.hpp see to that. The
// monitor looks all the same, for the one case they do not cover: a thread that could not be started.
// GORODEBUG=rescue=off takes this net away, so that tests see a lost wakeup as the hang that it is.
bool rescues() noexcept {
  static const bool wanted = base::debug_setting("rescue") != "off";
  return wanted;
}

void run_overdue_timers(base::nanoseconds now) noexcept {
  const std::uint32_t made = sched.processors_made.load(base::memory_order_acquire);  // sync: processors-made
  for (std::uint32_t i = 0; i < made; ++i) {
    run_due_timers(sched.processors[i].load(base::memory_order_relaxed)->timers, now - overdue);
  }
}

// Returns how long until the next look.
base::nanoseconds watch_processors(observation* seen, base::nanoseconds last_tick) noexcept {
  const base::nanoseconds now = base::now_ns();
  sched.coarse_now.store(now, base::memory_order_relaxed);
  take_back_preemption();
  remind_hogs();
  if (rescues() || sched.idle_processors.load(base::memory_order_relaxed) == 0) {
    run_overdue_timers(now);
  }
  base::nanoseconds next_look = base::never;
  if (poller_used()) {
    poll_if_nobody_does(now);
    if (sched.idle_processors.load(base::memory_order_relaxed) != 0) {
      replace_timekeeper();
      next_look = longest_unattended;
    }
  }
  next_look = std::min(next_look, watch_time_slices(seen, now));
  if (rescues() && work_anywhere()) {
    wake_for_work();
  }
  const base::nanoseconds later = last_tick < sysmon_tick / 2 ? last_tick + last_tick / 4 : sysmon_tick;
  return next_look < later ? next_look : later;
}

// Work stands, every processor is idle, and the system refuses the thread that would run it. It may grant one when
// another has ended, maybe that of the worker that asked. A worker that is bound to a blocking call or a locked
// goroutine may come back, and one whose processor was taken away does when it next calls goro; when there is none of
// those, the program would hang for ever without a word.
void try_again_or_fail(unsigned& ticks_stranded) noexcept {
  constexpr unsigned most_ticks = 400;
  const bool refused = sched.thread_refused.exchange(false, base::memory_order_relaxed);
  const bool work = refused && work_anywhere();
  const bool somebody_runs = sched.hogs.load(base::memory_order_relaxed) != 0;
  ticks_stranded = work && !somebody_runs && all_idle() ? ticks_stranded + 1 : 0;
  if (ticks_stranded > most_ticks) {
    base::fatal_error("failed to create a thread for goroutines to run on");
  }
  if (work) {
    wake_for_work();
  }
}

// Gives memory of what has ended back, in pieces, so that nobody waits long for the arena's lock.
// True: there may be more to do in the next one.
bool do_upkeep() noexcept {
  const bool too_many_workers = retire_idle_workers();
  clear_idle_caches();
  launch_pool_trim();
  while (!ending() && stack::scavenge(upkeep_budget)) {
    sched.coarse_now.store(base::now_ns(), base::memory_order_relaxed);
    serve_thread_requests();
  }
  return too_many_workers;
}

constinit base::atomic<void (*)()> monitor_call{nullptr};
constinit base::atomic<std::uint32_t> usable_cpus{1};
constinit base::atomic<bool> monitor_watches{false};

base::nanoseconds call_hook(base::nanoseconds now) noexcept {
  auto* hook = monitor_hook.load(base::memory_order_acquire);  // sync: hook
  return hook != nullptr ? hook(now) : base::never;
}

void sysmon_body(void*) {
  platform::want_exact_timers();
  usable_cpus.store(platform::usable_processors(), base::memory_order_relaxed);
  static observation seen[max_processors];
  base::nanoseconds next_upkeep = base::now_ns() + upkeep_interval;
  base::nanoseconds until_next_look = tick_when_stuck;
  unsigned ticks_stranded = 0;
  bool more_upkeep = false;
  open_thread_requests();
  while (!ending()) {
    begin_to_look_around();
    serve_thread_requests();
    const bool more_stacks = stack::prepare_ahead();
    if (auto* call = monitor_call.exchange(nullptr, base::memory_order_acquire)) {  // sync: monitor-call
      call();
    }
    const base::nanoseconds next_trace = std::min(trace_scheduler(base::now_ns()), call_hook(base::now_ns()));
    if (all_idle()) {
      stack::stacks_ahead_state.store(stack::stacks_ahead::none, base::memory_order_relaxed);
      sleep_while_idle(next_upkeep, more_upkeep, std::min(next_trace, look_for_deadlock(base::now_ns())));
    } else if (!more_stacks) {
      wait_for_thread_request(base::now_ns() + until_next_look);
    }
    until_next_look = watch_processors(seen, until_next_look);
    try_again_or_fail(ticks_stranded);
    if (base::now_ns() >= next_upkeep) {
      note_upkeep();
      more_upkeep = do_upkeep();
      next_upkeep = base::now_ns() + upkeep_interval;
    }
  }
  close_thread_requests();
}

}  // namespace

void start_sysmon() noexcept {
  sched.coarse_now.store(base::now_ns(), base::memory_order_relaxed);
  const bool started = platform::start_thread(&sysmon_body, nullptr, "goro-sysmon");
  monitor_watches.store(started, base::memory_order_relaxed);
  if (!started) {
    base::warn("cannot start the monitor thread: goroutines will not be preempted and memory not be given back");
  }
}

bool sysmon_watches() noexcept { return monitor_watches.load(base::memory_order_relaxed); }

void ask_for_stacks() noexcept {
  const bool cpu_is_free =
      sched.processor_limit.load(base::memory_order_relaxed) - sched.idle_processors.load(base::memory_order_relaxed) <
      usable_cpus.load(base::memory_order_relaxed);
  stack::stacks_ahead_state.store(cpu_is_free ? stack::stacks_ahead::asked : stack::stacks_ahead::none,
                                  base::memory_order_relaxed);
  if (cpu_is_free) {
    rouse_sysmon();
  }
}

bool call_in_monitor(void (*call)()) noexcept {
  if (ending()) {
    return false;
  }
  monitor_call.store(call, base::memory_order_release);  // sync: monitor-call
  rouse_sysmon();
  return true;
}

}  // namespace goro::sched
