// sysmon: one thread without a processor that sees what workers cannot.
//
//   every tick    raises the preemption flag of a worker that has not begun a new time slice for 10 ms;
//                 fires timers that are overdue because every processor is busy
//   now and then  gives memory of dead goroutines back
//   all idle      sleeps until somebody takes a processor
#include "base/hooks.hpp"
#include "platform/os.hpp"
#include "sched/scheduler.hpp"

namespace goro::sched {
namespace {

constexpr base::nanoseconds tick = time_slice / 2;
constexpr base::nanoseconds upkeep_interval = 1'000'000'000;
constexpr std::size_t upkeep_budget = 1024;  // stacks a call

struct observation {
  std::uint32_t slice = 0;
  base::nanoseconds since = 0;
};

void request_preemption(processor& p, observation& seen, base::nanoseconds now) noexcept {
  const std::uint32_t current = p.slices.load(base::memory_order_relaxed);
  worker* owner = p.owner.load(base::memory_order_acquire);  // sync: processor-owner
  if (owner != nullptr && owner->preempt_requested.load(base::memory_order_relaxed)) {
    ask_to_yield(*owner);  // not yet followed
  }
  if (owner == nullptr || current != seen.slice) {
    seen = {current, now};
    return;
  }
  if (now - seen.since >= time_slice) {
    ask_to_yield(*owner);
    seen.since = now;
  }
}

void watch_processors(observation* seen) noexcept {
  const base::nanoseconds now = base::now_ns();
  const std::uint32_t made = sched.processors_made.load(base::memory_order_acquire);  // sync: processors-made
  take_back_preemption();
  for (std::uint32_t i = 0; i < made; ++i) {
    processor& p = *sched.processors[i].load(base::memory_order_relaxed);
    request_preemption(p, seen[i], now);
    run_due_timers(p.timers, now - tick);
  }
  // A safety net, not a path: work that stands while a processor is idle because a thread could not be started.
  if (work_anywhere()) {
    wake_for_work();
  }
}

bool all_idle() noexcept {
  return sched.idle_processors.load(base::memory_order_relaxed) == sched.processor_limit.load(base::memory_order_relaxed);
}

// Work stands, every processor is idle, and the system refuses the thread that would run it. A worker that is bound to a
// blocking call or a locked goroutine may come back; when none does, the program would hang for ever without a word.
void fail_if_stranded(unsigned& ticks_stranded) noexcept {
  constexpr unsigned most_ticks = 400;
  const bool refused = sched.thread_refused.exchange(false, base::memory_order_relaxed);
  ticks_stranded = refused && all_idle() && work_anywhere() ? ticks_stranded + 1 : 0;
  if (ticks_stranded > most_ticks) {
    base::fatal_error("failed to create a thread for goroutines to run on");
  }
}

// Gives memory of what has ended back, in pieces, so that nobody waits long for the arena's lock.
void do_upkeep() noexcept {
  clear_idle_caches();
  launch_pool_trim();
  while (!stopping() && stack::scavenge(upkeep_budget)) {
  }
}

// What sched.sysmon_word says; it changes under the scheduler's lock.
constexpr std::uint32_t busy = 0;     // a processor was taken since the last upkeep began
constexpr std::uint32_t asleep = 1;   // sysmon sleeps until one is taken
constexpr std::uint32_t at_rest = 2;  // all were idle when the last upkeep began, and have been since

// Sleeps until a processor is taken, or something is to be done before.
void sleep_while_idle(base::nanoseconds next_upkeep) noexcept {
  std::uint32_t before;
  base::nanoseconds deadline = base::never;
  {
    const base::lock_guard hold(sched.lock);
    if (!all_idle()) {
      return;
    }
    before = sched.sysmon_word.load(base::memory_order_relaxed);
    if (work_anywhere() || !time_is_kept()) {
      deadline = base::now_ns() + tick;
    } else if (before == busy) {
      deadline = next_upkeep;
    }
    sched.sysmon_word.store(asleep, base::memory_order_relaxed);
  }
  while (sched.sysmon_word.load(base::memory_order_acquire) == asleep) {  // sync: sysmon-wake
    if (!base::futex_wait(sched.sysmon_word, asleep, deadline)) {
      const base::lock_guard hold(sched.lock);
      if (sched.sysmon_word.load(base::memory_order_relaxed) == asleep) {
        sched.sysmon_word.store(before, base::memory_order_relaxed);
      }
    }
  }
}

// What ends after this is noticed by `busy`, what has ended before is in the upkeep that follows.
void note_upkeep() noexcept {
  const base::lock_guard hold(sched.lock);
  sched.sysmon_word.store(all_idle() ? at_rest : busy, base::memory_order_relaxed);
}

void sysmon_body(void*) {
  static observation seen[max_processors];
  base::futex_word never_changes{0};
  base::nanoseconds next_upkeep = base::now_ns() + upkeep_interval;
  unsigned ticks_stranded = 0;
  while (!stopping()) {
    if (all_idle()) {
      sleep_while_idle(next_upkeep);
    } else {
      base::futex_wait(never_changes, 0, base::now_ns() + tick);
    }
    watch_processors(seen);
    fail_if_stranded(ticks_stranded);
    if (base::now_ns() >= next_upkeep) {
      note_upkeep();
      do_upkeep();
      next_upkeep = base::now_ns() + upkeep_interval;
    }
  }
}

}  // namespace

void start_sysmon() noexcept {
  if (!platform::start_thread(&sysmon_body, nullptr, "goro-sysmon")) {
    base::warn("cannot start the monitor thread: goroutines will not be preempted and memory not be given back");
  }
}

void wake_sysmon_if_asleep() noexcept {
  const std::uint32_t before = sched.sysmon_word.load(base::memory_order_relaxed);
  if (before != busy) {
    sched.sysmon_word.store(busy, base::memory_order_release);  // sync: sysmon-wake
    if (before == asleep) {
      base::futex_wake(sched.sysmon_word);
    }
  }
}

}  // namespace goro::sched
