// sysmon: one thread without a processor that sees what workers cannot.
//
//   every tick    raises the preemption flag of a worker that has run one goroutine for a time slice;
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
  std::uint32_t tick = 0;
  base::nanoseconds since = 0;
};

void request_preemption(processor& p, observation& seen, base::nanoseconds now) noexcept {
  const std::uint32_t current = p.tick.load(base::memory_order_relaxed);
  worker* owner = p.owner.load(base::memory_order_acquire);  // sync: processor-owner
  if (owner == nullptr || current != seen.tick) {
    seen = {current, now};
    return;
  }
  if (now - seen.since >= time_slice) {
    owner->preempt_requested.store(true, base::memory_order_relaxed);
    seen.since = now;
  }
}

void watch_processors(observation* seen) noexcept {
  const base::nanoseconds now = base::now_ns();
  const std::uint32_t made = sched.processors_made.load(base::memory_order_acquire);  // sync: processors-made
  for (std::uint32_t i = 0; i < made; ++i) {
    processor& p = *sched.processors[i].load(base::memory_order_relaxed);
    request_preemption(p, seen[i], now);
    run_due_timers(p.timers, now - tick);
  }
  // A safety net, not a path: work that stands while a processor is idle because a thread could not be started.
  if (sched.global_queue_size.load(base::memory_order_relaxed) != 0) {
    wake_for_work();
  }
}

// Gives memory of what has ended back, in pieces, so that nobody waits long for the arena's lock.
void do_upkeep() noexcept {
  launch_pool_trim();
  while (!stopping() && stack::scavenge(upkeep_budget)) {
  }
}

bool all_idle() noexcept {
  return sched.idle_processors.load(base::memory_order_relaxed) == sched.processor_limit.load(base::memory_order_relaxed);
}

// Sleeps until a processor is taken, or for `timeout`. The flag is set and cleared under the lock under which processors are taken.
void sleep_while_idle(base::nanoseconds timeout) noexcept {
  {
    const base::lock_guard hold(sched.lock);
    if (!all_idle()) {
      return;
    }
    sched.sysmon_word.store(1, base::memory_order_relaxed);
  }
  const base::nanoseconds deadline = timeout == base::never ? base::never : base::now_ns() + timeout;
  while (sched.sysmon_word.load(base::memory_order_acquire) == 1) {  // sync: sysmon-wake
    if (!base::futex_wait(sched.sysmon_word, 1, deadline)) {
      break;
    }
  }
  sched.sysmon_word.store(0, base::memory_order_relaxed);
}

void sysmon_body(void*) {
  static observation seen[max_processors];
  base::futex_word never_changes{0};
  base::nanoseconds next_upkeep = base::now_ns() + upkeep_interval;
  bool upkeep_left = true;
  while (!stopping()) {
    if (all_idle()) {
      sleep_while_idle(upkeep_left ? upkeep_interval / 4 : base::never);
    } else {
      base::futex_wait(never_changes, 0, base::now_ns() + tick);
      upkeep_left = true;
    }
    watch_processors(seen);
    if (upkeep_left && base::now_ns() >= next_upkeep) {
      do_upkeep();
      next_upkeep = base::now_ns() + upkeep_interval;
      upkeep_left = !all_idle();
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
  if (sched.sysmon_word.load(base::memory_order_relaxed) == 1) {
    sched.sysmon_word.store(0, base::memory_order_release);  // sync: sysmon-wake
    base::futex_wake(sched.sysmon_word);
  }
}

}  // namespace goro::sched
