// The run queue of one processor: a bounded ring and the run_next slot (the shape of Go's runtime/proc.go, runqput …
// runqsteal).
//
// The owner pushes at the tail and pops at the head; thieves take from the head only.
//   tail_      written by the owner alone; its release store publishes the slots before it
//              // sync: run-queue-publish
//   head_      moved by compare-exchange, by owner and thieves: who moves it owns the slots it passed
//              // sync: run-queue-take
//   run_next_  one word, exchanged: the goroutine that the running one made ready last. It runs before the ring.
//              Thieves only empty it: once its owner has seen it empty it stays so, and is filled by a plain store.
//              // sync: run-next
// A thief copies slots first and then moves head_; if the owner wrapped around and overwrote a slot meanwhile, head_
// has moved and the thief's compare-exchange fails (the owner never writes slots in [head_, tail_), and head_ only
// grows).
#pragma once

#include <array>
#include <cstdint>

#include "base/atomic.hpp"
#include "sched/queue_capacity.hpp"
#include "sched/runnable.hpp"

namespace goro::sched {

class run_queue {
 public:
  static constexpr std::uint32_t capacity = run_queue_capacity;

  // Owner. False when the ring is full: the caller moves half to the global queue (take_half) and tries again.
  bool push_back(runnable r) noexcept {
    const std::uint32_t tail = tail_.load(base::memory_order_relaxed);
    const std::uint32_t head = head_.load(base::memory_order_acquire);  // sync: run-queue-take
    if (tail - head >= capacity) [[unlikely]] {
      return false;
    }
    slots_[tail % capacity].store(r.bits(), base::memory_order_relaxed);
    tail_.store(tail + 1, base::memory_order_release);  // sync: run-queue-publish
    return true;
  }

  // Owner. Puts r into run_next and returns what it displaced (to be pushed at the back).
  runnable exchange_next(runnable r) noexcept {
    if (run_next_.load(base::memory_order_relaxed) == 0) {
      run_next_.store(r.bits(), base::memory_order_release);  // sync: run-next
      return {};
    }
    return runnable::from_bits(run_next_.exchange(r.bits(), base::memory_order_acq_rel));  // sync: run-next
  }

  // Owner. run_next only.
  runnable pop_next() noexcept {
    if (run_next_.load(base::memory_order_relaxed) == 0) {
      return {};
    }
    return runnable::from_bits(run_next_.exchange(0, base::memory_order_acq_rel));  // sync: run-next
  }

  // Owner. The ring only.
  runnable pop_front() noexcept {
    std::uint32_t head = head_.load(base::memory_order_acquire);  // sync: run-queue-take
    for (;;) {
      const std::uint32_t tail = tail_.load(base::memory_order_relaxed);
      if (head == tail) {
        return {};
      }
      const std::uintptr_t bits = slots_[head % capacity].load(base::memory_order_relaxed);
      if (head_.compare_exchange_weak(head, head + 1, base::memory_order_acq_rel,  // sync: run-queue-take
                                      base::memory_order_acquire)) {
        return runnable::from_bits(bits);
      }
    }
  }

  // Owner. A look at the entry `ahead` places behind the head, for prefetching: it may be stolen at once.
  runnable peek(std::uint32_t ahead) const noexcept {
    const std::uint32_t head = head_.load(base::memory_order_relaxed);
    if (tail_.load(base::memory_order_relaxed) - head <= ahead) {
      return {};
    }
    return runnable::from_bits(slots_[(head + ahead) % capacity].load(base::memory_order_relaxed));
  }

  // Owner. Moves half of a full ring (at least one) to `out`. Nothing when thieves were faster.
  void take_half(runnable_list& out) noexcept;
  // Owner. Moves everything to `out`, run_next first.
  void take_all(runnable_list& out) noexcept;

  // Thief, for its own empty queue `into`. Takes half of the ring, oldest first, and returns one of them; the others
  // are in `into`.
  runnable steal_into(run_queue& into) noexcept;

  // Thief. Takes run_next if it is still `expected`.
  bool steal_next(runnable expected) noexcept {
    std::uintptr_t bits = expected.bits();
    return run_next_.compare_exchange_strong(bits, 0, base::memory_order_acq_rel,  // sync: run-next
                                             base::memory_order_relaxed);
  }
  runnable look_at_next() const noexcept { return runnable::from_bits(run_next_.load(base::memory_order_relaxed)); }

  // While nobody uses it (pause.hpp).
  template <class F>
  void for_each(F f) const noexcept {
    f(look_at_next());
    const std::uint32_t size = ring_size();
    for (std::uint32_t i = 0; i < size; ++i) {
      f(peek(i));
    }
  }

  // Anybody; exact only for the owner.
  bool empty() const noexcept { return ring_size() == 0 && run_next_.load(base::memory_order_acquire) == 0; }
  std::uint32_t ring_size() const noexcept {
    const std::uint32_t head = head_.load(base::memory_order_acquire);
    const std::uint32_t tail = tail_.load(base::memory_order_acquire);  // sync: run-queue-publish
    const std::uint32_t size = tail - head;
    return size <= capacity ? size : 0;  // torn reads of a thief: the head it saw is old
  }

 private:
  alignas(64) base::atomic<std::uint32_t> head_{0};
  alignas(64) base::atomic<std::uint32_t> tail_{0};
  base::atomic<std::uintptr_t> run_next_{0};
  alignas(64) std::array<base::atomic<std::uintptr_t>, capacity> slots_{};
};

}  // namespace goro::sched
