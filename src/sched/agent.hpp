// Who is calling: a goroutine or a thread.
#pragma once

#include "base/atomic.hpp"

namespace goro::sched {

// An identity, unique among live goroutines and threads; for ownership checks. Stable for the caller's lifetime.
const void* current_agent() noexcept;

// Where the caller's goroutine-local (on a foreign thread: thread-local) storage hangs. The scheduler only keeps the
// pointer and, at the caller's end, passes it to local_storage_destroy_hook when it is not null.
void** local_storage_slot() noexcept;
inline base::atomic<void (*)(void*)> local_storage_destroy_hook{nullptr};

// A small number that differs between processors that run at the same time: a hint for sharding, stale at once.
unsigned processor_hint() noexcept;

}  // namespace goro::sched
