// The model build's fences and pauses.
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

inline void store_load_fence(model::place where = model::place::current()) noexcept { model::fence(where); }
inline void cpu_pause() noexcept { model::pause(); }

struct backoff {  // no time passes here
  void wait() noexcept { cpu_pause(); }
};

}  // namespace goro::base
