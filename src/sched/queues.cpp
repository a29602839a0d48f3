// Putting runnables where workers find them.
#include "platform/os.hpp"
#include "sched/inside.hpp"
#include "sched/scheduler.hpp"
#include "sched/shaking.hpp"

namespace goro::sched {
namespace {

// The start of a goroutine, or its next turn, in a program that is shaken.
constexpr bool starts_are_shuffled = base::debug_build || GORO_WITH_TSAN != 0;

// Does the worker leave `r`, which it ran last, to others? Mostly: none may come.
bool leaves_to_others(processor& p, runnable r) noexcept {
  constexpr std::uint32_t tries = 64;
  return is_shaken(migrates) && !r.is_fresh() && r.as_goroutine().on == this_worker() &&
         r.as_goroutine().lock_depth == 0 && sched.idle_processors.load(base::memory_order_relaxed) != 0 &&
         p.random.below(tries) != 0;
}

void push_shaken(processor& p, runnable r) noexcept {
  if (is_shaken(migrates)) {
    push_global(r);
  } else if (p.random.below(2) == 0) {
    push_local_next(p, r);
  } else {
    push_local_back(p, r);
  }
}

// With `batch`, takes a fair share for `p` as well (Go: globrunqget); into its ring.
runnable take_global(processor& p, bool batch, bool& left_there) noexcept {
  const base::lock_guard hold(sched.lock);
  const runnable first = sched.global_queue.pop_front();
  if (first && leaves_to_others(p, first)) [[unlikely]] {
    sched.global_queue.push_back(first);
    left_there = true;
    return {};
  }
  if (first && batch) {
    const std::size_t fair = sched.global_queue.size() / sched.processor_limit.load(base::memory_order_relaxed) + 1;
    const std::size_t room = (run_queue::capacity - p.queue.ring_size()) / 2;
    const std::size_t share = fair < room ? fair : room;
    for (std::size_t i = 0; i < share && !sched.global_queue.empty(); ++i) {
      p.queue.push_back(sched.global_queue.pop_front());
    }
  }
  sched.global_queue_size.store(static_cast<std::uint32_t>(sched.global_queue.size()), base::memory_order_relaxed);
  return first;
}

}  // namespace

void push_global(runnable r) noexcept {
  const base::lock_guard hold(sched.lock);
  sched.global_queue.push_back(r);
  sched.global_queue_size.store(static_cast<std::uint32_t>(sched.global_queue.size()), base::memory_order_relaxed);
}

void push_global(runnable_list& list) noexcept {
  const base::lock_guard hold(sched.lock);
  sched.global_queue.append(list);
  sched.global_queue_size.store(static_cast<std::uint32_t>(sched.global_queue.size()), base::memory_order_relaxed);
}

runnable pop_global(processor& p, bool batch) noexcept {
  bool left_there = false;
  const runnable r = take_global(p, batch, left_there);
  if (left_there) [[unlikely]] {
    platform::yield_thread();
  }
  return r;
}

void push_local_back(processor& p, runnable r) noexcept {
  while (!p.queue.push_back(r)) [[unlikely]] {
    runnable_list overflow;
    p.queue.take_half(overflow);
    if (!overflow.empty()) {
      overflow.push_back(r);
      push_global(overflow);
      return;
    }
  }
}

void push_local_next(processor& p, runnable r) noexcept {
  if (const runnable displaced = p.queue.exchange_next(r)) {
    push_local_back(p, displaced);
  }
}

void push_local_fresh(processor& p, launch& l) noexcept {
  if constexpr (starts_are_shuffled) {
    if (is_shaken(shuffles) && p.random.below(2) == 0) {
      push_local_back(p, runnable::fresh(l));
      return;
    }
  }
  while (!p.fresh.push(runnable::fresh(l))) [[unlikely]] {
    runnable_list overflow;
    for (std::uint32_t i = 0; i < fresh_stack::capacity / 2; ++i) {
      if (const runnable oldest = p.fresh.take_oldest()) {
        overflow.push_back(oldest);
      }
    }
    if (!overflow.empty()) {
      push_global(overflow);
    }
  }
}

void make_runnable(runnable r) noexcept {
  worker* const w = this_worker();
  bool look_for_help = true;
  if (w == nullptr) {
    push_global(r);
  } else {
    const bool entered = step_inside(*w);
    processor* const p = w->held;
    if (p == nullptr) [[unlikely]] {
      push_global(r);
    } else if (shaking.load(base::memory_order_relaxed) != 0) [[unlikely]] {
      push_shaken(*p, r);
    } else {
      push_local_next(*p, r);
    }
    look_for_help = !is_only_processor(p);
    if (entered) {
      step_outside(*w);
    }
  }
  if (look_for_help) {
    wake_for_work();
  }
}

}  // namespace goro::sched
