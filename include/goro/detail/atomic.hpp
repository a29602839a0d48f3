// The one way to an atomic, for the public headers and (through base/atomic.hpp) for the library.
// The model build replaces these aliases, so that every interleaving of the lock-free parts can be explored.
#pragma once

#include <atomic>

namespace goro::detail {

template <class T>
using atomic = std::atomic<T>;

using std::memory_order_acq_rel;
using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;

}  // namespace goro::detail
