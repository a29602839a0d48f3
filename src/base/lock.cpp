#include "base/lock.hpp"

namespace goro::base {

void lock::acquire_slow() noexcept {
  constexpr int spins = 64;
  for (int i = 0; i < spins; ++i) {
    std::uint32_t expected = free;
    if (state_.load(memory_order_relaxed) == free &&
        state_.compare_exchange_weak(expected, held, memory_order_acquire, memory_order_relaxed)) {  // sync: lock
      return;
    }
    cpu_pause();
  }
  // Taking the lock as `contended` may cost the next release one needless wake, and never loses one.
  while (state_.exchange(contended, memory_order_acquire) != free) {  // sync: lock
    futex_wait(state_, contended);
  }
}

namespace {

// A lock taken before a switch is released after it on the same thread, so a thread-local set is exact.
// noinline: the compiler must not keep its address across a switch.
[[gnu::noinline]] std::uint32_t& held_ranks() noexcept {
  thread_local std::uint32_t ranks = 0;
  std::uint32_t* fresh = &ranks;
  asm volatile("" : "+r"(fresh) : : "memory");
  return *fresh;
}

constexpr std::uint32_t bit(lock_rank rank) noexcept { return 1U << static_cast<unsigned>(rank); }

}  // namespace

void lock::note_acquired(lock_rank rank) noexcept {
  const bool repeatable = rank == lock_rank::channel;  // several channels, in address order
  const std::uint32_t not_below = repeatable ? ~(bit(rank) - 1) & ~bit(rank) : ~(bit(rank) - 1);
  check((held_ranks() & not_below) == 0, "lock taken out of rank order");
  held_ranks() |= bit(rank);
}

void lock::note_released(lock_rank rank) noexcept { held_ranks() &= ~bit(rank); }

}  // namespace goro::base
