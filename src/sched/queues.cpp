// Putting runnables where workers find them.
#include "sched/inside.hpp"
#include "sched/scheduler.hpp"

namespace goro::sched {

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

// With `batch`, takes a fair share for `p` as well (Go: globrunqget); into its ring.
runnable pop_global(processor& p, bool batch) noexcept {
  const base::lock_guard hold(sched.lock);
  const runnable first = sched.global_queue.pop_front();
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
  {
    const inside_runtime section;
    if (processor* p = section.held()) {
      push_local_next(*p, r);
    } else {
      push_global(r);
    }
  }
  wake_for_work();
}

}  // namespace goro::sched
