// A weighted semaphore.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "goro/detail/atomic.hpp"
#include "goro/detail/deadline.hpp"

namespace goro {

class context;
namespace sched {
class interruption;
}

// n units that goroutines take and give back. Sixteen bytes, no allocation.
//
// Strictly first come, first served: while somebody waits, everybody who comes later waits too, even for fewer units
// than are free, so a large request is not starved by small ones. May be destroyed as soon as nobody uses it, even
// while the release() that let the last one go has not returned. Each release() happens before the acquire() that gets
// its units. Go: golang.org/x/sync/semaphore.Weighted.
class semaphore {
 public:
  // Panics when n is negative or above max().
  explicit semaphore(std::ptrdiff_t n);
  semaphore(const semaphore&) = delete;
  semaphore& operator=(const semaphore&) = delete;

  static constexpr std::ptrdiff_t max() noexcept { return PTRDIFF_MAX / 2; }

  // Blocks until n units are free and takes them. For more units than the semaphore has: blocks forever, without
  // holding up others. Panics when n is negative: `semaphore: negative weight`.
  void acquire(std::ptrdiff_t n = 1) { acquire_until_ns(n, detail::never_ns); }

  // The same until ctx ends: false when that comes first; then nothing was taken. A context that has ended already gets
  // nothing, free units or not. The end of ctx happens before a return of false. With goro/context.hpp.
  bool acquire(const context& ctx, std::ptrdiff_t n = 1);

  // The same with an end: false when the time is over first; then nothing was taken.
  template <class Rep, class Period>
  bool try_acquire_for(const std::chrono::duration<Rep, Period>& timeout, std::ptrdiff_t n = 1) {
    return try_acquire(n) || (timeout > timeout.zero() && acquire_until_ns(n, detail::deadline_after(timeout)));
  }
  template <class Clock, class Duration>
  bool try_acquire_until(const std::chrono::time_point<Clock, Duration>& deadline, std::ptrdiff_t n = 1) {
    return try_acquire(n) || acquire_until_ns(n, detail::deadline_at(deadline));
  }

  // Takes n units if they are free and nobody waits. Never blocks.
  bool try_acquire(std::ptrdiff_t n = 1);

  // Gives n units back and wakes those at the head of the queue that can go on. Never blocks.
  // Panics: `semaphore: released more than held`, `semaphore: negative weight`.
  void release(std::ptrdiff_t n = 1);

 private:
  bool acquire_until_ns(std::ptrdiff_t n, std::int64_t deadline_ns, sched::interruption* interrupter = nullptr);
  // Where a request for n waits: one that can never be served keeps out of the queue, on an address of its own.
  const void* wait_key(std::ptrdiff_t n) const noexcept {
    return n > size_ ? static_cast<const void*>(&size_) : static_cast<const void*>(this);
  }
  bool take(std::ptrdiff_t n) noexcept;
  bool take_or_announce(std::ptrdiff_t n) noexcept;
  bool pass_over_queue(std::ptrdiff_t n) noexcept;

  detail::atomic<std::uint64_t> state_;  // free units << 1 | somebody may wait
  const std::ptrdiff_t size_;
};

}  // namespace goro
