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

}  // namespace goro::base
