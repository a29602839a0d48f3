// The owner is written only by the owner: the comparison with the caller's own identity can be true only for the caller
// itself, so relaxed loads and stores are enough. depth_ is touched by the owner alone.
#include "goro/recursive_mutex.hpp"

#include "base/atomic.hpp"
#include "base/check.hpp"
#include "sched/agent.hpp"

namespace goro {

// Takes one more level if the caller is the owner.
bool recursive_mutex::enter_again(const void* self) noexcept {
  if (owner_.load(base::memory_order_relaxed) != self) {
    return false;
  }
  ++depth_;
  return true;
}

bool recursive_mutex::become_owner(const void* self) noexcept {
  owner_.store(self, base::memory_order_relaxed);
  depth_ = 1;
  return true;
}

void recursive_mutex::lock() noexcept {
  const void* self = sched::current_agent();
  if (!enter_again(self)) {
    mutex_.lock();
    become_owner(self);
  }
}

bool recursive_mutex::try_lock() noexcept {
  const void* self = sched::current_agent();
  return enter_again(self) || (mutex_.try_lock() && become_owner(self));
}

bool recursive_mutex::try_lock_until_ns(std::int64_t deadline_ns) noexcept {
  const void* self = sched::current_agent();
  const time_point deadline{std::chrono::nanoseconds(deadline_ns)};
  return enter_again(self) || (mutex_.try_lock_until(deadline) && become_owner(self));
}

void recursive_mutex::unlock() noexcept {
  const void* owner = owner_.load(base::memory_order_relaxed);
  if (owner == nullptr) {
    base::fatal_error("sync: unlock of unlocked recursive_mutex");
  }
  if (owner != sched::current_agent()) {
    base::fatal_error("sync: unlock of recursive_mutex by one who does not own it");
  }
  if (--depth_ == 0) {
    owner_.store(nullptr, base::memory_order_relaxed);
    mutex_.unlock();
  }
}

}  // namespace goro
