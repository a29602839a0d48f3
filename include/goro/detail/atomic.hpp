// The one way to an atomic, for the public headers and (through base/atomic.hpp) for the library.
// The model build replaces this alias, so that every interleaving of the lock-free parts can be explored.
#pragma once

#include <atomic>

namespace goro::detail {

template <class T>
using atomic = std::atomic<T>;

}  // namespace goro::detail
