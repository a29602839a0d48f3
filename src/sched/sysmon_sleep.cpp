#include "sched/sysmon_sleep.hpp"

#include <algorithm>

#include "sched/thread_starter.hpp"

namespace goro::sched {
namespace {

constexpr base::nanoseconds between_reminders = 100'000'000;  // of who computes without a processor while all are idle

constinit base::atomic<bool> roused{false};

// What sched.sysmon_word says; rouse_sysmon alone changes it without the scheduler's lock.
constexpr std::uint32_t busy = 0;     // a processor was taken since the last upkeep began
constexpr std::uint32_t asleep = 1;   // sysmon sleeps until one is taken
constexpr std::uint32_t at_rest = 2;  // all were idle when the last upkeep began, and have been since

}  // namespace

bool all_idle() noexcept {
  return sched.idle_processors.load(base::memory_order_relaxed) ==
         sched.processor_limit.load(base::memory_order_relaxed);
}

void begin_to_look_around() noexcept { roused.exchange(false, base::memory_order_acquire); }  // sync: sysmon-roused

void sleep_while_idle(base::nanoseconds next_upkeep, bool more_upkeep, base::nanoseconds deadline) noexcept {
  std::uint32_t before;
  {
    const base::lock_guard hold(sched.lock);
    if (!all_idle()) {
      return;
    }
    before = sched.sysmon_word.load(base::memory_order_relaxed);
    if (work_anywhere() || !time_is_kept()) {
      deadline = std::min(deadline, base::now_ns() + sysmon_tick);
    } else if (sched.hogs.load(base::memory_order_relaxed) != 0) {
      deadline = std::min(deadline, base::now_ns() + between_reminders);
    } else if (before == busy || more_upkeep) {
      deadline = std::min(deadline, next_upkeep);
    }
    sched.sysmon_word.store(asleep, base::memory_order_seq_cst);
    if (roused.load(base::memory_order_seq_cst)) {
      sched.sysmon_word.store(before, base::memory_order_relaxed);
      return;
    }
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

void note_upkeep() noexcept {
  const base::lock_guard hold(sched.lock);
  sched.sysmon_word.store(all_idle() ? at_rest : busy, base::memory_order_relaxed);
}

// The word is taken from `asleep` by whoever comes first; that it then says `busy` costs an upkeep, no more.
void rouse_sysmon() noexcept {
  roused.exchange(true, base::memory_order_seq_cst);  // sync: sysmon-roused; a store would hide who roused it before
  std::uint32_t expected = asleep;
  if (sched.sysmon_word.compare_exchange_strong(expected, busy, base::memory_order_seq_cst)) {  // sync: sysmon-wake
    base::futex_wake(sched.sysmon_word);
  } else {
    end_wait_for_thread_request();
  }
}

void wake_sysmon_if_asleep() noexcept {
  const std::uint32_t before = sched.sysmon_word.load(base::memory_order_relaxed);
  if (before != busy) {
    sched.sysmon_word.store(busy, base::memory_order_release);  // sync: sysmon-wake
    if (before == asleep) {
      sched.coarse_now.store(base::now_ns(), base::memory_order_relaxed);
      base::futex_wake(sched.sysmon_word);
    }
  }
}

}  // namespace goro::sched
