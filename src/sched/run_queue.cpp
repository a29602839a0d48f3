#include "sched/run_queue.hpp"

#include "sched/goroutine.hpp"

namespace goro::sched {

runnable linked_next(runnable r) noexcept {
  return r.is_fresh() ? runnable::from_bits(reinterpret_cast<std::uintptr_t>(r.as_launch().next))
                      : r.as_goroutine().next;
}

void set_linked_next(runnable r, runnable next) noexcept {
  if (r.is_fresh()) {
    r.as_launch().next = reinterpret_cast<void*>(next.bits());
  } else {
    r.as_goroutine().next = next;
  }
}

void note_ahead(runnable r, runnable ahead) noexcept {
  if (!r.is_fresh()) {
    r.as_goroutine().ahead = ahead;
  }
}

void prefetch_ahead_of(runnable r) noexcept {
  if (!r.is_fresh()) {
    r.as_goroutine().ahead.prefetch();
  }
}

void run_queue::take_half(runnable_list& out) noexcept {
  std::array<std::uintptr_t, capacity / 2> taken;
  std::uint32_t head = head_.load(base::memory_order_acquire);  // sync: run-queue-take
  const std::uint32_t count = (tail_.load(base::memory_order_relaxed) - head) / 2;
  for (std::uint32_t i = 0; i < count; ++i) {
    taken[i] = slots_[(head + i) % capacity].load(base::memory_order_relaxed);
  }
  if (!head_.compare_exchange_strong(head, head + count, base::memory_order_acq_rel,  // sync: run-queue-take
                                     base::memory_order_relaxed)) {
    return;  // a thief made room
  }
  constexpr std::uint32_t places_ahead = 4;
  for (std::uint32_t i = 0; i < count; ++i) {
    out.push_back(runnable::from_bits(taken[i]));
    if (i >= places_ahead) {
      note_ahead(runnable::from_bits(taken[i - places_ahead]), runnable::from_bits(taken[i]));
    }
  }
}

void run_queue::take_all(runnable_list& out) noexcept {
  if (const runnable next = pop_next()) {
    out.push_back(next);
  }
  while (const runnable r = pop_front()) {
    out.push_back(r);
  }
}

runnable run_queue::steal_into(run_queue& into) noexcept {
  const std::uint32_t into_tail = into.tail_.load(base::memory_order_relaxed);
  for (;;) {
    std::uint32_t head = head_.load(base::memory_order_acquire);        // sync: run-queue-take
    const std::uint32_t tail = tail_.load(base::memory_order_acquire);  // sync: run-queue-publish
    const std::uint32_t size = tail - head;
    const std::uint32_t count = size - size / 2;
    if (count == 0) {
      return {};
    }
    if (count > capacity / 2) {
      continue;  // head and tail were read at different times
    }
    for (std::uint32_t i = 0; i < count; ++i) {
      into.slots_[(into_tail + i) % capacity].store(slots_[(head + i) % capacity].load(base::memory_order_relaxed),
                                                    base::memory_order_relaxed);
    }
    if (head_.compare_exchange_strong(head, head + count, base::memory_order_acq_rel,  // sync: run-queue-take
                                      base::memory_order_relaxed)) {
      // The newest of the stolen ones runs now; the older ones wait in order.
      const auto chosen =
          runnable::from_bits(into.slots_[(into_tail + count - 1) % capacity].load(base::memory_order_relaxed));
      into.tail_.store(into_tail + count - 1, base::memory_order_release);  // sync: run-queue-publish
      return chosen;
    }
  }
}

}  // namespace goro::sched
