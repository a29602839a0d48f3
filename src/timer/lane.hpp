// A lane: entries that came in the order of their deadlines, first in, first out.
//
// Most timers of a program have one of a few durations (a timeout of five seconds, a pause of ten milliseconds), and
// those of one duration come in the order in which they end. They need no heap: they are appended here and taken from
// the front, and an entry that is taken out of the middle leaves a hole.
//
// A ring of nodes. Invariants: deadlines do not fall from front to back; the first and the last node are no holes; more
// than half of the nodes are no holes, or there are few. An entry's position is its index since the lane began, modulo
// 2^32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "timer/entry.hpp"

namespace goro::timers {

class lane {
 public:
  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }  // without holes

  base::nanoseconds first() const noexcept { return first_; }  // never when empty
  base::nanoseconds last() const noexcept { return last_; }    // INT64_MIN when empty

  // e.when >= last(). Sets e.position. Fatal when memory ends.
  void push_back(entry& e) noexcept {
    if (back_ - front_ == capacity_) [[unlikely]] {
      resize(capacity_ == 0 ? smallest : 2 * capacity_);
    }
    if (size_ == 0) {
      first_ = e.when;
    }
    last_ = e.when;
    e.position = back_;
    at(back_++) = {e.when, &e};
    ++size_;
  }

  entry& front() const noexcept { return *at(front_).item; }  // not empty
  void remove(const entry& e) noexcept { take_out(e.position); }
  // The deadline it stands here with.
  base::nanoseconds standing(const entry& e) const noexcept { return at(e.position).when; }

  void check_invariants() const noexcept;

 private:
  static constexpr std::uint32_t smallest = 16;

  node& at(std::uint32_t position) const noexcept { return nodes_[position & (capacity_ - 1)]; }
  void take_out(std::uint32_t position) noexcept;
  void prefetch_soon() const noexcept;
  void close_holes() noexcept;
  void resize(std::uint32_t capacity) noexcept;

  std::unique_ptr<node[]> nodes_;
  std::uint32_t capacity_ = 0;  // a power of two
  std::uint32_t front_ = 0;
  std::uint32_t back_ = 0;
  std::uint32_t size_ = 0;
  base::nanoseconds first_ = base::never;
  base::nanoseconds last_ = INT64_MIN;
};

}  // namespace goro::timers
