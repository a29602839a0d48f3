// Seam: the only way to an atomic variable or a fence inside goro. The model build replaces it.
//
// Every use names its memory order. Each release/acquire edge carries the same tag on both sides
// (`// sync: publish-task`), and a sequentially consistent operation explains the store-load pair it needs.
#pragma once

#include "goro/detail/atomic.hpp"
#include "goro/detail/config.hpp"

namespace goro::base {

using detail::atomic;
using std::memory_order_acq_rel;
using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;
using std::memory_order_seq_cst;

#if GORO_WITH_TSAN
inline atomic<int> fence_word{0};
#endif

// Orders every earlier store of this thread before every later load of it (the store-load pair).
// ThreadSanitizer does not model fences, so there a read-modify-write of one shared word stands in.
inline void store_load_fence() noexcept {
#if GORO_WITH_TSAN
  fence_word.fetch_add(1, memory_order_seq_cst);
#else
  std::atomic_thread_fence(memory_order_seq_cst);
#endif
}

// Tells the processor that this is a spin loop.
inline void cpu_pause() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

// How long to leave a lock alone between two looks at it. Each look takes the lock's cache line away from its holder,
// who then waits for it at the next step; one who stays away lets the holder do tens of operations at full speed
// meanwhile. Measured at a channel with 64 goroutines at either end and two processors, an item: looks 1 pause apart 46
// ns, 1, 2, 4 … 64 apart 23 ns, 16, 32, 64 apart 12 ns, 64 apart 10 ns (Go 36 to 43). A pause is 25 ns there.
class backoff {
 public:
  void wait() noexcept {
    for (unsigned left = pauses_; left != 0; --left) {
      cpu_pause();
    }
    pauses_ = pauses_ < most ? 2 * pauses_ : most;
  }

 private:
  static constexpr unsigned least = 16, most = 64;

  unsigned pauses_ = least;
};

}  // namespace goro::base
