// A meeting point that is used again and again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include "goro/detail/atomic.hpp"

namespace goro {

namespace detail {

// Everything of a barrier but its completion function.
class barrier_core {
 public:
  explicit barrier_core(std::ptrdiff_t expected);
  barrier_core(const barrier_core&) = delete;
  barrier_core& operator=(const barrier_core&) = delete;

  struct arrival {
    std::uint32_t phase;
    bool last;  // the caller must run the completion function and then call complete()
  };
  arrival arrive(std::ptrdiff_t n);
  void drop() noexcept { dropped_.fetch_add(1, memory_order_relaxed); }  // before the arrive(1) that publishes it
  void complete() noexcept;
  void wait(std::uint32_t phase) const noexcept;

 private:
  mutable atomic<std::uint64_t> state_;  // phase << 32 | still expected in this phase << 1 | somebody may wait
  atomic<std::uint32_t> dropped_{0};     // participants that left since the phase began
  std::uint32_t participants_;           // changed only in complete()
};

struct no_completion {
  void operator()() const noexcept {}
};

}  // namespace detail

// As std::barrier: `expected` participants arrive, the last one runs the completion function, then all go on and the
// next phase begins. The completion function must not throw.
//
// Everything before arrive() happens before the completion function, and that before every return from wait(). May be
// destroyed as soon as every participant has arrived for the last time and those that wait have returned.
template <class Completion = detail::no_completion>
class barrier {
  static_assert(std::is_nothrow_invocable_v<Completion&>, "barrier: the completion function must be noexcept");

 public:
  // One arrival of a phase; to be passed to wait() once.
  class arrival_token {
   public:
    arrival_token(arrival_token&&) noexcept = default;
    arrival_token& operator=(arrival_token&&) noexcept = default;

   private:
    friend barrier;
    explicit arrival_token(std::uint32_t phase) noexcept : phase_(phase) {}
    std::uint32_t phase_;
  };

  // Panics when expected is negative or above max().
  explicit barrier(std::ptrdiff_t expected, Completion f = Completion()) : core_(expected), completion_(std::move(f)) {}

  static constexpr std::ptrdiff_t max() noexcept { return std::numeric_limits<std::int32_t>::max(); }

  // Arrives n times without waiting. The last arrival of a phase runs the completion function here.
  // Panics: `sync: barrier: more arrivals than expected`.
  [[nodiscard]] arrival_token arrive(std::ptrdiff_t n = 1) { return arrival_token(arrive_and_complete(n)); }

  // Blocks until the phase of `arrival` is complete.
  void wait(arrival_token&& arrival) const noexcept { core_.wait(arrival.phase_); }

  // wait(arrive()).
  void arrive_and_wait() { core_.wait(arrive_and_complete(1)); }

  // Arrives once and takes no part in later phases. Does not block.
  void arrive_and_drop() {
    core_.drop();
    arrive_and_complete(1);
  }

 private:
  std::uint32_t arrive_and_complete(std::ptrdiff_t n) {
    const detail::barrier_core::arrival arrival = core_.arrive(n);
    if (arrival.last) {
      completion_();
      core_.complete();
    }
    return arrival.phase;
  }

  detail::barrier_core core_;
  [[no_unique_address]] Completion completion_;
};

}  // namespace goro
