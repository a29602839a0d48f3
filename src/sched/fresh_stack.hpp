// The fresh goroutines of one processor, newest first: a bounded work-stealing deque (Chase and Lev, "Dynamic circular
// work-stealing deque", 2005; the orders follow Lê et al., "Correct and efficient work-stealing for weak memory
// models", 2013, with sequentially consistent operations in place of fences).
//
// Why newest first: a program that forks and joins then goes depth-first, so few goroutines are alive at a time and
// each starts on a hot stack; first in, first out makes fib(30) keep hundreds of thousands alive. Why a structure of
// its own: parked goroutines that became ready must be served in order. Thieves take the oldest, which in fork-join has
// the most work below it.
//
//   bottom_  written by the owner alone; its release store publishes the slot below it   // sync: fresh-publish
//   top_     moved by compare-exchange: whoever moves it owns the slot it passed         // sync: fresh-take
// The last entry is fought for: the owner writes bottom_ and then reads top_, a thief reads top_ and then bottom_, all
// four sequentially consistent, so at least one of them sees the other; both then go by the compare-exchange of top_.
#pragma once

#include <array>
#include <cstdint>

#include "base/atomic.hpp"
#include "sched/queue_capacity.hpp"
#include "sched/runnable.hpp"

namespace goro::sched {

class fresh_stack {
 public:
  static constexpr std::uint32_t capacity = fresh_stack_capacity;

  // Owner. False when full: move some to the global queue with take_oldest().
  bool push(runnable r) noexcept {
    const std::uint32_t bottom = bottom_.load(base::memory_order_relaxed);
    const std::uint32_t top = top_.load(base::memory_order_acquire);  // sync: fresh-take
    if (bottom - top >= capacity) [[unlikely]] {
      return false;
    }
    slot(bottom).store(r.bits(), base::memory_order_relaxed);
    bottom_.store(bottom + 1, base::memory_order_release);  // sync: fresh-publish
    return true;
  }

  // Owner. The newest.
  runnable pop() noexcept {
    const std::uint32_t bottom = bottom_.load(base::memory_order_relaxed) - 1;
    if (between(top_.load(base::memory_order_relaxed), bottom) < 0) {
      return {};  // empty, and top_ only grows
    }
    bottom_.store(bottom, base::memory_order_seq_cst);  // store-load pair with take_oldest
    std::uint32_t top = top_.load(base::memory_order_seq_cst);
    const std::int32_t others = between(top, bottom);
    if (others > 0) {
      return runnable::from_bits(slot(bottom).load(base::memory_order_relaxed));
    }
    runnable last;
    if (others == 0 && top_.compare_exchange_strong(top, top + 1, base::memory_order_seq_cst)) {  // sync: fresh-take
      last = runnable::from_bits(slot(bottom).load(base::memory_order_relaxed));
    }
    bottom_.store(bottom + 1, base::memory_order_release);  // sync: fresh-publish
    return last;
  }

  // Anybody. The oldest; nothing when there is none. Tries again when somebody else was faster.
  runnable take_oldest() noexcept {
    for (;;) {
      std::uint32_t top = top_.load(base::memory_order_seq_cst);              // store-load pair with pop
      const std::uint32_t bottom = bottom_.load(base::memory_order_seq_cst);  // sync: fresh-publish
      if (between(top, bottom) <= 0) {
        return {};
      }
      // If the owner wrapped around and wrote this slot anew, top_ has moved and the exchange fails.
      const std::uintptr_t bits = slot(top).load(base::memory_order_relaxed);
      if (top_.compare_exchange_strong(top, top + 1, base::memory_order_seq_cst)) {  // sync: fresh-take
        return runnable::from_bits(bits);
      }
    }
  }

  // While nobody uses it (pause.hpp).
  template <class F>
  void for_each(F f) const noexcept {
    const std::uint32_t top = top_.load(base::memory_order_relaxed);
    const std::uint32_t count = size();
    for (std::uint32_t i = 0; i < count; ++i) {
      f(runnable::from_bits(slots_[(top + i) % capacity].load(base::memory_order_relaxed)));
    }
  }

  // Anybody; exact only for the owner.
  bool empty() const noexcept { return size() == 0; }
  std::uint32_t size() const noexcept {
    const std::uint32_t top = top_.load(base::memory_order_acquire);                // sync: fresh-take
    const std::int32_t n = between(top, bottom_.load(base::memory_order_acquire));  // sync: fresh-publish
    return n > 0 ? static_cast<std::uint32_t>(n) : 0;
  }

 private:
  // Indices count up for ever and wrap; only their distance, at most `capacity`, has a meaning.
  static std::int32_t between(std::uint32_t top, std::uint32_t bottom) noexcept {
    return static_cast<std::int32_t>(bottom - top);
  }
  base::atomic<std::uintptr_t>& slot(std::uint32_t index) noexcept { return slots_[index % capacity]; }

  alignas(64) base::atomic<std::uint32_t> top_{0};
  alignas(64) base::atomic<std::uint32_t> bottom_{0};
  alignas(64) std::array<base::atomic<std::uintptr_t>, capacity> slots_{};
};

}  // namespace goro::sched
