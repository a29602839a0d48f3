// What a run queue holds: a fresh goroutine (a launch record with its closure, no stack yet) or a parked one made
// ready.
//
// One word, so that a queue entry says all that the scheduler wants to know before it touches the goroutine's memory:
//   bit 0        parked (1) or fresh (0)
//   bits 1-47    the address (user addresses have at most 48 bits unless a program asks for more)
//   bits 48-63   parked: how far below the control block the saved frame lies, in 16-byte units; 0 when that is far.
//                The entry after the next can so be prefetched without a read that might miss or race.
#pragma once

#include <cstdint>

#include "base/check.hpp"
#include "goro/detail/spawn.hpp"

namespace goro::sched {

struct goroutine;
using launch = detail::launch_header;

class runnable {
 public:
  constexpr runnable() noexcept = default;
  static runnable fresh(launch& l) noexcept { return runnable{reinterpret_cast<std::uintptr_t>(&l)}; }
  // `frame`: the goroutine's saved stack pointer.
  static runnable parked(goroutine& g, const void* frame) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(&g);
    const std::uintptr_t distance = (address - reinterpret_cast<std::uintptr_t>(frame)) >> 4;
    return runnable{address | parked_bit | (distance <= 0xffff ? distance << frame_shift : 0)};
  }

  explicit operator bool() const noexcept { return bits_ != 0; }
  bool is_fresh() const noexcept { return (bits_ & parked_bit) == 0; }
  bool operator==(const runnable&) const noexcept = default;

  launch& as_launch() const noexcept { return *reinterpret_cast<launch*>(bits_); }
  goroutine& as_goroutine() const noexcept { return *reinterpret_cast<goroutine*>(bits_ & address_mask); }

  // Fetches what a switch to this runnable will touch first.
  void prefetch() const noexcept {
    const std::uintptr_t address = bits_ & address_mask;
    __builtin_prefetch(reinterpret_cast<const void*>(address));
    const std::uintptr_t frame = address - ((bits_ >> frame_shift) << 4);
    __builtin_prefetch(reinterpret_cast<const void*>(frame));
    __builtin_prefetch(reinterpret_cast<const void*>(frame + 64));
  }

  // For queues that keep runnables in atomic words.
  std::uintptr_t bits() const noexcept { return bits_; }
  static runnable from_bits(std::uintptr_t bits) noexcept { return runnable{bits}; }

 private:
  static constexpr std::uintptr_t parked_bit = 1;
  static constexpr unsigned frame_shift = 48;
  static constexpr std::uintptr_t address_mask = (std::uintptr_t{1} << frame_shift) - 1 - parked_bit;
  explicit constexpr runnable(std::uintptr_t bits) noexcept : bits_(bits) {}

  std::uintptr_t bits_ = 0;
};

// The intrusive link of whatever `r` is; a runnable is in at most one linked queue at a time.
runnable linked_next(runnable r) noexcept;
void set_linked_next(runnable r, runnable next) noexcept;

// A hint in a parked goroutine: whose memory is to be fetched when it leaves a list. Of a fresh one nothing is noted.
void note_ahead(runnable r, runnable ahead) noexcept;
void prefetch_ahead_of(runnable r) noexcept;

// A first-in first-out list of runnables linked through themselves. No lock of its own.
//
// Each link is on another stack, so a long list would be one cache and page-table miss after the other. Who pushes many
// knows who comes some places later, and notes it afterwards (run_queue::take_half).
class runnable_list {
 public:
  bool empty() const noexcept { return !head_; }
  std::size_t size() const noexcept { return size_; }

  void push_back(runnable r) noexcept {
    set_linked_next(r, {});
    note_ahead(r, {});
    if (head_) {
      set_linked_next(tail_, r);
    } else {
      head_ = r;
    }
    tail_ = r;
    ++size_;
  }

  runnable pop_front() noexcept {
    const runnable r = head_;
    if (r) {
      head_ = linked_next(r);
      --size_;
      prefetch_ahead_of(r);
    }
    return r;
  }

  template <class F>
  void for_each(F f) const noexcept {
    runnable r = head_;
    for (std::size_t i = 0; i < size_; ++i, r = linked_next(r)) {
      f(r);
    }
  }

  void append(runnable_list& other) noexcept {
    if (other.empty()) {
      return;
    }
    if (head_) {
      set_linked_next(tail_, other.head_);
    } else {
      head_ = other.head_;
    }
    tail_ = other.tail_;
    size_ += other.size_;
    other = {};
  }

 private:
  runnable head_;
  runnable tail_;
  std::size_t size_ = 0;
};

}  // namespace goro::sched
