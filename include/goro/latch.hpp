// A countdown that is used once.
#pragma once

#include <cstddef>
#include <cstdint>

#include "goro/detail/atomic.hpp"

namespace goro {

// As std::latch: a counter that only falls, and a door that opens at zero.
//
// May be destroyed as soon as wait() has returned, even while the count_down() that opened it has not. Every
// count_down() happens before every return that saw zero.
class latch {
 public:
  // Panics when expected is negative or above max().
  explicit latch(std::ptrdiff_t expected);
  latch(const latch&) = delete;
  latch& operator=(const latch&) = delete;

  static constexpr std::ptrdiff_t max() noexcept { return PTRDIFF_MAX / 2; }

  // Lowers the counter by n; at zero everybody who waits goes on. Never blocks.
  // Panics when n is negative or more than is left: `sync: latch counted below zero`.
  void count_down(std::ptrdiff_t n = 1);

  // Is the counter zero? Never blocks, never fails spuriously.
  bool try_wait() const noexcept;

  // Blocks until the counter is zero.
  void wait() const noexcept;

  // count_down(n), then wait().
  void arrive_and_wait(std::ptrdiff_t n = 1) {
    count_down(n);
    wait();
  }

 private:
  mutable detail::atomic<std::uint64_t> state_;  // counter << 1 | somebody may wait
};

}  // namespace goro
