// Something that happens once, and that others wait for: the core of once, future and the like.
#pragma once

#include <cstdint>

#include "goro/detail/atomic.hpp"
#include "goro/detail/deadline.hpp"

namespace goro::detail {

class event {
 public:
  enum class use : std::uint8_t { once, future };  // what a traceback says of those who wait

  constexpr event() noexcept = default;
  event(const event&) = delete;
  event& operator=(const event&) = delete;

  bool is_set() const noexcept { return state_.load(memory_order_acquire) == set_; }  // sync: event

  // To be called once. Happens before every return that sees it. The event may be destroyed by whoever sees it set.
  void set() noexcept;

  // Blocks until set: true. At the deadline: false.
  bool wait(use reason, std::int64_t deadline_ns = never_ns) noexcept;

 private:
  static constexpr std::uint32_t unset_ = 0, awaited_ = 1, set_ = 2;

  atomic<std::uint32_t> state_{unset_};
};

}  // namespace goro::detail
