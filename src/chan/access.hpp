// The operations on a locked channel. Everything that blocks, selects or closes is put together from these.
//
//   chan_access channel(core);
//   channel.lock();
//   handover rest;
//   channel.send(cell, rest);      // or receive, close, enqueue …
//   channel.unlock();
//   rest.complete();               // moves the value between two calls and wakes the one that waited
//
// What is left to a handover happens outside the lock: the peer was claimed, so it stands still until it is made ready.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/lock.hpp"
#include "chan/waiting.hpp"

namespace goro::detail {

// What remains to be done for a peer that was claimed under the lock.
struct handover {
  chan_link* peer = nullptr;  // null: nothing
  void* to = nullptr;         // null: no value is to be moved
  void* from = nullptr;
  const cell_type* type = nullptr;

  // `quietly`: the caller sees to it that somebody looks for work.
  void complete(bool quietly = false) noexcept;
};

enum class attempt : std::uint8_t { done, closed, not_ready };

class chan_access {
 public:
  explicit chan_access(chan_core& core) noexcept : core_(core) {}

  void lock() noexcept {
    std::uint64_t seen = core_.state_.load(base::memory_order_relaxed);
    if ((seen & chan_core::locked) != 0 ||
        !core_.state_.compare_exchange_strong(seen, seen | chan_core::locked, base::memory_order_acquire,  // sync: chan
                                              base::memory_order_relaxed)) [[unlikely]] {
      lock_slow();
    }
    if constexpr (base::debug_build) {
      base::lock::note_acquired(base::lock_rank::channel);
    }
  }
  void unlock() noexcept {
    if constexpr (base::debug_build) {
      check_invariants();
      base::lock::note_released(base::lock_rank::channel);
    }
    const std::uint64_t version = core_.state_.load(base::memory_order_relaxed) & ~(chan_core::version_one - 1);
    core_.state_.store((version | summary()) + chan_core::version_one, base::memory_order_release);  // sync: chan
  }
  static void unlock(void* core) noexcept { chan_access(*static_cast<chan_core*>(core)).unlock(); }

  // The rest with the lock held.

  attempt send(void* cell, handover& rest) noexcept;
  attempt receive(void* cell, handover& rest) noexcept;

  // What send and receive would find; true may turn out wrong when only links of calls that are over are queued.
  bool may_send() const noexcept;
  bool may_receive() const noexcept;

  void enqueue_sender(chan_link& link) noexcept {
    platform::sanitizer_release(&link);
    enqueue(core_.senders_, link);
  }
  void enqueue_receiver(chan_link& link) noexcept {
    platform::sanitizer_release(&link);
    enqueue(core_.receivers_, link);
  }
  // When nobody else has done so.
  void unlink_sender(chan_link& link) noexcept;
  void unlink_receiver(chan_link& link) noexcept;

  // False: was closed already. `chain`: everybody who waited, claimed, linked by `next`, to be made ready.
  bool close(chan_link*& chain) noexcept;

  // Drops what is in the buffer; returns how many there were. Senders are not looked at.
  std::size_t drain() noexcept;

  // For a timer's channel, see timer_channel.hpp.
  static chan_core& make_for_timer(void* block, const cell_type& type, std::byte* buffer,
                                   void (*end)(chan_core&) noexcept) noexcept;
  const cell_type& type() const noexcept { return core_.type_; }
  void end_for_timer() noexcept { core_.~chan_core(); }
  std::byte* behind_buffer() const noexcept { return core_.buffer_ + core_.capacity_ * core_.type_.size; }
  // A new reference, if there is one yet.
  bool retain_if_alive() noexcept;

  void check_invariants() const noexcept;
  std::size_t queued() const noexcept;  // links in both queues

 private:
  void lock_slow() noexcept;
  std::uint64_t summary() const noexcept {
    return (core_.closed_ ? chan_core::closed : 0) | (core_.receivers_.first != nullptr ? chan_core::receivers : 0) |
           (core_.senders_.first != nullptr ? chan_core::senders : 0) | (count() != 0 ? chan_core::not_empty : 0) |
           (count() == core_.capacity_ ? chan_core::full : 0);
  }
  std::size_t count() const noexcept { return core_.count_.load(memory_order_relaxed); }
  std::byte* slot(std::size_t at) const noexcept { return core_.buffer_ + at * core_.type_.size; }
  void* race_address(std::size_t at) const noexcept;
  void push(void* cell) noexcept;
  void pop(void* cell) noexcept;

  chan_core& core_;
};

}  // namespace goro::detail
