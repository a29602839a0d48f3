// A channel that is closed when something has ended, and made only if somebody asks for it.
#pragma once

#include <cstdint>

#include "goro/chan.hpp"
#include "goro/detail/atomic.hpp"

namespace goro::detail {

// State: the address of the channel, or 0; plus 1 when it has ended. Each part is set once; who sets the second of the
// two closes the channel.
class done_channel {
 public:
  done_channel() noexcept = default;
  done_channel(const done_channel&) = delete;
  done_channel& operator=(const done_channel&) = delete;
  ~done_channel() { chan_handle drop(address(state_.load(memory_order_relaxed))); }  // relaxed: nobody else is left

  recv_chan<void> get() {
    std::uintptr_t seen = state_.load(memory_order_acquire);  // sync: done-channel
    if (address(seen) == nullptr) {
      const chan<void> made = make_chan<void>();
      made.core()->retain();  // for the state
      while (address(seen) == nullptr) {
        const std::uintptr_t wanted = reinterpret_cast<std::uintptr_t>(made.core()) | (seen & ended_bit);
        if (state_.compare_exchange_weak(seen, wanted, memory_order_acq_rel,
                                         memory_order_acquire)) {  // sync: done-channel
          if ((seen & ended_bit) != 0) {
            made.close();
          }
          return made;
        }
      }
      made.core()->release();
    }
    return recv_chan<void>(chan_handle::share(address(seen)));
  }

  // To be called once.
  void close() noexcept {
    const std::uintptr_t seen = state_.fetch_or(ended_bit, memory_order_acq_rel);  // sync: done-channel
    if (address(seen) != nullptr) {
      chan_close(address(seen));
    }
  }

 private:
  static constexpr std::uintptr_t ended_bit = 1;
  static chan_core* address(std::uintptr_t state) noexcept { return reinterpret_cast<chan_core*>(state & ~ended_bit); }

  atomic<std::uintptr_t> state_{0};
};

}  // namespace goro::detail
