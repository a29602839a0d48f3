// The untyped core of a channel: its state word, its buffer, its queues of waiters. What is not inline is in src/chan.
//
// The state word is lock, summary and clock of the channel at once:
//
//   bit          meaning                                    changes
//   locked       somebody changes the channel               set by compare-exchange, cleared by the store that
//                                                           publishes
//   closed       for good
//   receivers    somebody may wait to receive               all: by that same store only
//   senders      somebody may wait to send
//   not_empty    the buffer holds a value
//   full         the buffer holds capacity values (always, when there is none)
//   version      counts these stores
//
// Whoever holds the lock is the only writer of the word, so it unlocks by a plain store, and that one store publishes
// everything it did: each operation takes effect at it. Read without the lock, the word is the truth about the channel
// at that moment, all bits together; while it is locked it tells what was before, which still holds. So "empty", "full"
// and "closed" are answered by one load. The store is also the last touch of the channel by an operation: who saw its
// effect may destroy the channel.
//
// Why contenders spin instead of marking the word as base::lock does: the mark would make the release a second locked
// instruction, and with one an uncontended operation costs half.
#pragma once

#include <cstddef>
#include <cstdint>

#include "goro/detail/atomic.hpp"
#include "goro/detail/chan_cell.hpp"
#include "goro/detail/config.hpp"
#include "goro/detail/preemption.hpp"

namespace goro {

// How a try_send or try_recv ended.
enum class chan_status : std::uint8_t {
  success,
  empty,   // try_recv: nothing to receive now
  full,    // try_send: nobody receives now, and no room in the buffer
  closed,  // try_send: closed; try_recv: closed and drained
};

namespace detail {

class chan_core;
struct chan_link;  // src/chan/waiting.hpp

struct chan_queue {
  chan_link* first = nullptr;
  chan_link* last = nullptr;
  std::size_t of_selects = 0;  // links that others may claim elsewhere
};

[[noreturn]] void panic_send_on_closed_channel();

// The operations of a channel that may be nil (null). `cell` is a cell of the channel's type: filled, or to be filled.
// False: closed.
bool chan_send(chan_core* core, void* cell) noexcept;
bool chan_receive(chan_core* core, void* cell) noexcept;
chan_status chan_try_send(chan_core* core, void* cell) noexcept;
chan_status chan_try_receive(chan_core* core, void* cell) noexcept;
void chan_close(chan_core* core);  // panics when closed already, and for nil

class chan_core {
 public:
  // Panics: `makechan: size out of range`.
  static chan_core* make(const cell_type& type, std::size_t capacity);
  chan_core(const chan_core&) = delete;
  chan_core& operator=(const chan_core&) = delete;

  static constexpr std::uint64_t locked = 1, closed = 2, receivers = 4, senders = 8, not_empty = 16, full = 32,
                                 version_one = 64;

  static constexpr bool can_send(std::uint64_t state) noexcept {
    return (state & full) == 0 || (state & (closed | receivers)) != 0;
  }
  static constexpr bool can_receive(std::uint64_t state) noexcept {
    return (state & (closed | senders | not_empty)) != 0;
  }
  // Closed, and nothing is left to receive: for good.
  static constexpr bool at_end(std::uint64_t state) noexcept {
    return (state & (closed | senders | not_empty)) == closed;
  }
  std::uint64_t state() const noexcept { return state_.load(memory_order_acquire); }  // sync: chan

#if GORO_WITH_TSAN
  // In a race build everything happens in the library, where it is annotated.
  void retain() noexcept { retain_annotated(); }
  void release() noexcept { release_annotated(); }
#else
  void retain() noexcept { references_.fetch_add(1, memory_order_relaxed); }
  void release() noexcept {
    if (references_.fetch_sub(1, memory_order_acq_rel) == 1) {  // sync: chan-references
      destroy();
    }
  }
#endif

  std::size_t size() const noexcept;
  std::size_t capacity() const noexcept { return end_timer_ != nullptr ? 0 : capacity_; }

  // Puts a value into the buffer, when there is room and nobody waits and nobody else is at it. T's move must be
  // nothrow, as a cell's is.
  template <class T, std::size_t Size>
  bool push(T& value) noexcept {
    std::uint64_t seen = state_.load(memory_order_relaxed);
    if ((seen & (locked | closed | receivers | full)) != 0 ||
        !state_.compare_exchange_strong(seen, seen | locked, memory_order_acquire,  // sync: chan
                                        memory_order_relaxed)) {
      return false;
    }
    if constexpr (Size != 0) {
      ::new (static_cast<void*>(reinterpret_cast<T*>(buffer_) + send_at_)) T(std::move(value));
    }
    seen |= pushed();
    state_.store(seen + version_one, memory_order_release);  // sync: chan
    return true;
  }

  // Takes a value out of the buffer into raw memory, when there is one and nobody waits to send and nobody else is at
  // it.
  template <class T, std::size_t Size>
  bool pop(T* to) noexcept {
    std::uint64_t seen = state_.load(memory_order_relaxed);
    if ((seen & (locked | senders | not_empty)) != not_empty ||
        !state_.compare_exchange_strong(seen, seen | locked, memory_order_acquire,  // sync: chan
                                        memory_order_relaxed)) {
      return false;
    }
    if constexpr (Size != 0) {
      T* from = std::launder(reinterpret_cast<T*>(buffer_) + receive_at_);
      ::new (static_cast<void*>(to)) T(std::move(*from));
      from->~T();
    }
    seen = (seen & ~(full | not_empty)) | popped();
    state_.store(seen + version_one, memory_order_release);  // sync: chan
    return true;
  }

 private:
  friend class chan_access;  // src/chan/access.hpp

  chan_core(const cell_type& type, std::size_t capacity, std::byte* buffer) noexcept;
  ~chan_core();
  void destroy() noexcept;
  void retain_annotated() noexcept;
  void release_annotated() noexcept;

  std::size_t after(std::size_t at) const noexcept { return at + 1 == capacity_ ? 0 : at + 1; }

  // Count a value in or out; lock held. They return what the buffer is now, as bits of the state.
  std::uint64_t pushed() noexcept {
    send_at_ = after(send_at_);
    const std::size_t now = count_.load(memory_order_relaxed) + 1;
    count_.store(now, memory_order_release);  // sync: chan-count
    return now == capacity_ ? not_empty | full : not_empty;
  }
  std::uint64_t popped() noexcept {
    receive_at_ = after(receive_at_);
    const std::size_t now = count_.load(memory_order_relaxed) - 1;
    count_.store(now, memory_order_release);  // sync: chan-count
    return now != 0 ? not_empty : 0;
  }

  atomic<std::uint64_t> state_;
  // Written under the lock.
  std::size_t send_at_ = 0;
  std::size_t receive_at_ = 0;
  atomic<std::size_t> count_{0};
  // Constant.
  const std::size_t capacity_;
  std::byte* const buffer_;
  const cell_type& type_;
  // Not null: a timer's channel. It seems to have no buffer, and this ends it; see chan/timer_channel.hpp.
  void (*end_timer_)(chan_core&) noexcept = nullptr;

  // Under the lock.
  chan_queue receivers_;
  chan_queue senders_;
  bool closed_ = false;  // what the state will say at the unlock
  // Constant: the bubble it was made in (testing.hpp), or 0.
  std::uint32_t bubble_ = 0;

  atomic<std::size_t> references_{1};
#if GORO_WITH_TSAN
  std::uint64_t closed_beside_send_ = 0;  // stands for the misuse, see chan_access::note_send
#endif
};

}  // namespace detail
}  // namespace goro
