// A processor: the right to run goroutines, with everything a worker needs to do so without asking others.
//
// Owner: the worker that holds it (`owner`), or nobody while it is idle. All plain fields belong to the owner. It
// changes under the scheduler's lock, or straight from a worker to one that waits for it (wake_locked) or begins with
// it (start_worker). Processors are never freed.
#pragma once

#include <cstdint>

#include "base/random.hpp"
#include "sched/fresh_stack.hpp"
#include "sched/launch_pool.hpp"
#include "sched/run_queue.hpp"
#include "sched/timers.hpp"
#include "stack/stack.hpp"

namespace goro::sched {

struct worker;

struct alignas(128) processor {
  explicit processor(std::uint32_t number) noexcept : id(number), random(base::random_seed() + number) {}

  const std::uint32_t id;
  std::uint32_t next_streak = 0;  // run_next wins in a row, and (when there were many) since when
  base::nanoseconds next_streak_since = 0;
  bool fresh_has_turn = false;            // fresh goroutines go before ready ones this time
  bool oldest_first = false;              // the oldest fresh goroutine is due
  base::nanoseconds oldest_turn_at = 0;   // when that was so last, but for ends of time slices
  base::atomic<std::uint32_t> tick{0};    // written by the owner at every dispatch
  base::atomic<std::uint32_t> slices{0};  // the same at every dispatch that begins a time slice; sysmon watches it
  base::atomic<bool> surplus{false};      // beyond gomaxprocs: to be given up at the next entry
  base::atomic<worker*> owner{nullptr};
  // Guarded by the scheduler's lock.
  processor* next_idle = nullptr;
  bool listed = false;   // in the idle list
  bool retired = false;  // surplus and given up by its owner

  // Counters that only the owner writes; num_goroutine() adds them up.
  base::atomic<std::uint64_t> started{0};
  base::atomic<std::uint64_t> ended{0};
  std::uint64_t next_id = 0;
  std::uint64_t last_id = 0;

  base::random random;
  launch_cache launches;
  stack::stack_cache stacks;
  run_queue queue;    // parked goroutines made ready
  fresh_stack fresh;  // goroutines that have not run yet
  bool idle() const noexcept { return queue.empty() && fresh.empty(); }
  timer_queue timers;
};

// What runs from here on has a time slice of its own: sysmon counts anew.
inline void begin_slice(processor& p) noexcept {
  p.slices.store(p.slices.load(base::memory_order_relaxed) + 1, base::memory_order_relaxed);
}

// Owner-only counters need no read-modify-write.
inline void count_up(base::atomic<std::uint64_t>& counter) noexcept {
  counter.store(counter.load(base::memory_order_relaxed) + 1, base::memory_order_release);  // sync: goroutine-count
}

}  // namespace goro::sched
