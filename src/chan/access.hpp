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
#include <cstring>

#include "base/lock.hpp"
#include "chan/waiting.hpp"
#include "sched/bubble.hpp"

namespace goro::detail {

inline void move_value(const cell_type& type, void* to, void* from) noexcept {
  if (type.move != nullptr) {
    type.move(to, from);
    return;
  }
  const platform::sanitizer_unobserved quiet;
  switch (type.size) {
    case 0:
      break;
    case 8:
      std::memcpy(to, from, 8);
      break;
    default:
      std::memcpy(to, from, type.size);
  }
}

inline void order_both_ways(void* address) noexcept {
  platform::sanitizer_acquire(address);
  platform::sanitizer_release(address);
}

// The same in the name of a peer that stands still. A thread's name cannot be used; then a little too much is ordered.
inline void order_both_ways_for(chan_link& peer, void* address) noexcept {
  if (peer.self != nullptr) {
    const platform::sanitizer_stand_in in_its_place(peer.self);
    order_both_ways(address);
  } else {
    platform::sanitizer_acquire(&peer);
    order_both_ways(address);
  }
}

inline void note_start_of_wait(chan_link& link) noexcept {
  platform::sanitizer_release(&link);
  link.self = platform::sanitizer_self(link.who->is_goroutine());
}

// What remains to be done for a peer that was taken out of its queue under the lock.
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
      lock_slow(core_);
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

  // A close beside a send that nothing orders is a race, whichever comes first; receiving, size() and capacity() are
  // none.
#if GORO_WITH_TSAN
  void note_send(void* return_address) noexcept {
    platform::sanitizer_note_read(&core_.closed_beside_send_, return_address);
  }
  void note_close_beside_send(void* return_address) noexcept {
    platform::sanitizer_note_write(&core_.closed_beside_send_, return_address);
  }
#else
  void note_send(void*) noexcept {}
  void note_close_beside_send(void*) noexcept {}
#endif

  // Close happens before what sees it.
  void note_close() noexcept { platform::sanitizer_release(&core_.receivers_); }
  void note_end() noexcept { platform::sanitizer_acquire(&core_.receivers_); }

  // The rest with the lock held.

  attempt send(void* cell, handover& rest) noexcept;
  attempt receive(void* cell, handover& rest) noexcept;

  // What send and receive would find; true may turn out wrong when only links of calls that are over are queued.
  bool may_send() const noexcept;
  bool may_receive() const noexcept;

  // In a bubble: others may use a channel that was not made there.
  void note_wait(sched::waiter& who) const noexcept {
    if (sched::bubble::any() && core_.bubble_ != sched::bubble::id_of_caller()) [[unlikely]] {
      who.note_outside();
    }
  }
  void enqueue_sender(chan_link& link) noexcept {
    note_start_of_wait(link);
    enqueue(core_.senders_, link);
  }
  void enqueue_receiver(chan_link& link) noexcept {
    note_start_of_wait(link);
    enqueue(core_.receivers_, link);
  }
  // When nobody else has done so.
  void unlink_sender(chan_link& link) noexcept;
  void unlink_receiver(chan_link& link) noexcept;

  // False: was closed already. `chain`: everybody who waited, linked by `next`, to be made ready; who is `alone` has
  // yet to be claimed.
  bool close(chan_link*& chain) noexcept;

  // Drops what is in the buffer; returns how many there were. Senders are not looked at.
  std::size_t drain() noexcept;

  // For a timer's channel, see timer_channel.hpp.
  static chan_core& make_for_timer(void* block, const cell_type& type, std::byte* buffer,
                                   void (*end)(chan_core&) noexcept) noexcept;
  bool is_fed() const noexcept { return core_.end_timer_ != nullptr; }
  const cell_type& type() const noexcept { return core_.type_; }
  void end_for_timer() noexcept { core_.~chan_core(); }
  std::byte* behind_buffer() const noexcept { return core_.buffer_ + core_.capacity_ * core_.type_.size; }
  // A new reference, if there is one yet.
  bool retain_if_alive() noexcept;

  void check_invariants() const noexcept;
  std::size_t queued() const noexcept;  // links in both queues

 private:
  // Static, with the channel as argument: a chan_access whose address nobody takes needs no memory.
  static void lock_slow(chan_core& core) noexcept;
  static void push_into(chan_core& core, void* cell) noexcept;
  static void push_for(chan_core& core, chan_link& sender) noexcept;
  static void pop_from(chan_core& core, void* cell) noexcept;
  std::uint64_t summary() const noexcept {
    const std::size_t values = count();
    return (core_.closed_ ? chan_core::closed : 0) | (core_.receivers_.first != nullptr ? chan_core::receivers : 0) |
           (core_.senders_.first != nullptr ? chan_core::senders : 0) | (values != 0 ? chan_core::not_empty : 0) |
           (values == core_.capacity_ ? chan_core::full : 0);
  }
  std::size_t count() const noexcept { return core_.count_.load(memory_order_relaxed); }
  std::byte* slot(std::size_t at) const noexcept { return core_.buffer_ + at * core_.type_.size; }
  void* race_address(std::size_t at) const noexcept;

  chan_core& core_;
};

inline void handover::complete(bool quietly) noexcept {
  if (peer == nullptr) {
    return;
  }
  if (to != nullptr) {
    move_value(*type, to, from);
  }
  sched::waiter& who = *peer->who;  // gone with its link once it is ready
  if (quietly) {
    platform::sanitizer_release(&who);
    who.make_ready_quietly();
  } else {
    who.make_ready();
  }
}

// Values without bytes have no slots of their own; they share one address, which orders a little too much.
inline void* chan_access::race_address(std::size_t at) const noexcept {
  return core_.type_.size == 0 ? &core_ : static_cast<void*>(slot(at));
}

// Into its few callers, where the rest of the call is: the handover then needs no memory.
[[gnu::always_inline]] inline attempt chan_access::send(void* cell, handover& rest) noexcept {
  if (core_.closed_) {
    return attempt::closed;
  }
  if (chan_link* receiver = claim_first(core_.receivers_, true)) {
    base::check(count() == 0, "nobody waits for a value that is there");
    if (core_.capacity_ == 0) {
      platform::sanitizer_acquire(receiver);
    } else {
      order_both_ways(race_address(core_.send_at_));
      order_both_ways_for(*receiver, race_address(core_.send_at_));
      if (core_.type_.move != nullptr) {
        platform::sanitizer_acquire(
            receiver);  // its move is observed, and writes where the receiver has written before
      }
      core_.send_at_ = core_.receive_at_ = core_.after(core_.send_at_);
    }
    rest = {receiver, receiver->cell, cell, &core_.type_};
    return attempt::done;
  }
  if (count() == core_.capacity_) {
    return attempt::not_ready;
  }
  push_into(core_, cell);
  return attempt::done;
}

[[gnu::always_inline]] inline attempt chan_access::receive(void* cell, handover& rest) noexcept {
  if (count() == 0) {
    if (chan_link* sender = claim_first(core_.senders_, true)) {
      platform::sanitizer_acquire(sender);
      rest = {sender, cell, sender->cell, &core_.type_};
      return attempt::done;
    }
    if (core_.closed_) {
      note_end();
      return attempt::closed;
    }
    return attempt::not_ready;
  }
  pop_from(core_, cell);
  if (chan_link* sender = claim_first(core_.senders_, true)) {
    push_for(core_, *sender);
    rest = {sender, nullptr, nullptr, nullptr};
  }
  return attempt::done;
}

}  // namespace goro::detail
