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

  void lock() noexcept;
  void unlock() noexcept;
  static void unlock(void* core) noexcept { chan_access(*static_cast<chan_core*>(core)).unlock(); }

  // The rest with the lock held.

  attempt send(void* cell, handover& rest) noexcept;
  attempt receive(void* cell, handover& rest) noexcept;

  // What send and receive would find; true may turn out wrong when only links of calls that are over are queued.
  bool may_send() const noexcept;
  bool may_receive() const noexcept;

  void enqueue_sender(chan_link& link) noexcept;
  void enqueue_receiver(chan_link& link) noexcept;
  // When nobody else has done so.
  void unlink_sender(chan_link& link) noexcept;
  void unlink_receiver(chan_link& link) noexcept;

  // False: was closed already. `chain`: everybody who waited, claimed, linked by `next`, to be made ready.
  bool close(chan_link*& chain) noexcept;

  // Drops what is in the buffer; returns how many there were. Senders are not looked at.
  std::size_t drain() noexcept;

  void seem_unbuffered() noexcept { core_.timer_ = true; }
  void check_invariants() const noexcept;
  std::size_t queued() const noexcept;  // links in both queues

 private:
  std::size_t count() const noexcept { return core_.count_.load(memory_order_relaxed); }
  std::byte* slot(std::size_t at) const noexcept { return core_.buffer_ + at * core_.type_.size; }
  void* race_address(std::size_t at) const noexcept;
  void push(void* cell) noexcept;
  void pop(void* cell) noexcept;

  chan_core& core_;
};

}  // namespace goro::detail
