// What select needs from the library: it sees cases without their types.
#pragma once

#include <cstddef>
#include <cstdint>

#include "goro/detail/chan_core.hpp"

namespace goro::detail {

enum class chan_direction : std::uint8_t { send, receive };

struct select_entry {
  chan_core* core = nullptr;  // null (nil channel, or the default): never ready
  void* cell = nullptr;       // what is sent, or where it is received
  chan_direction direction = chan_direction::receive;

  bool looks_ready(std::uint64_t state) const noexcept {
    return direction == chan_direction::send ? chan_core::can_send(state) : chan_core::can_receive(state);
  }
};

struct select_choice {
  std::size_t number;
  bool passed;  // a value was sent or received; false: the channel is closed
};

// Blocks until one of the cases can go on, and lets it. Throws std::bad_alloc for more than 8 cases.
select_choice select_or_wait(const select_entry* entries, std::size_t count);

// The same without blocking; false: at one moment during the call none was ready.
bool select_now(const select_entry* entries, std::size_t count, select_choice& choice);

[[noreturn]] void wait_without_cases() noexcept;

// Looks at all channels without touching one: true when at one moment none of the cases was ready. False is only a
// hint.
//
// The argument for several channels: a state carries a version that never returns, so a channel whose state is the same
// at both looks had that state all the time between. All first looks come before all second ones, so between the two
// rounds lies a moment at which every channel was as seen.
template <class... Cases>
GORO_ALWAYS_INLINE bool none_is_ready(const Cases&... cases) noexcept {
  if (preemption_wanted.load(memory_order_relaxed) != 0) [[unlikely]] {
    return false;  // the way that this hint leads to has a preemption point
  }
  std::uint64_t states[sizeof...(Cases)];
  std::uint64_t* seen = states;
  const auto not_ready = [&seen](const auto& one) {
    const chan_core* core = one.core();
    *seen = core != nullptr ? core->state() : 0;
    return core == nullptr || !select_entry{nullptr, nullptr, one.direction}.looks_ready(*seen++);
  };
  if (!(not_ready(cases) && ...)) {
    return false;
  }
  if constexpr ((std::size_t{!Cases::is_default} + ...) <= 1) {
    return true;
  }
  seen = states;
  const auto unchanged = [&seen](const auto& one) {
    const chan_core* core = one.core();
    return core == nullptr || core->state() == *seen++;
  };
  return (unchanged(cases) && ...);
}

}  // namespace goro::detail
