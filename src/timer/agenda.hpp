// The agenda: all pending timers of one processor, in an order in which the earliest is at hand. Passive: it keeps
// order and returns what is due; it never calls anybody and takes no lock. Its owner (sched/timers) guards it with a
// lock.
//
//   insert, remove   an entry that ends no earlier than the others of its lane: O(1), else O(log n)
//   postpone         O(1): the entry stays where it is, and when its turn comes there it is put where it belongs now.
//                    A timeout that is renewed at each message costs one store.
//   due              O(1) from a lane
//
// Tried before: the heap alone. With 100,000 sleepers each sleep then wrote the positions of a dozen others, on their
// cold stacks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "timer/lane.hpp"
#include "timer/timer_heap.hpp"

namespace goro::timers {

class agenda {
 public:
  std::size_t size() const noexcept;
  // Nothing is due before. After a postponement it may be that nothing is due then.
  base::nanoseconds earliest() const noexcept { return earliest_; }

  // !e.pending(); e.when is set. What is never due is not kept: it stays not pending. Fatal when memory ends.
  void insert(entry& e) noexcept;
  // False when it was not pending.
  bool remove(entry& e) noexcept;
  // Changes when a pending entry is due.
  void move(entry& e, base::nanoseconds when) noexcept;
  // The earliest entry with when <= now, or null. It stays; remove() takes it out.
  entry* due(base::nanoseconds now) noexcept;

  void check_invariants() const noexcept;

 private:
  static constexpr std::uint8_t lane_count = 8;
  static constexpr std::uint8_t heap_place = lane_count;

  std::uint8_t fitting_place(base::nanoseconds when) const noexcept;
  static std::uint8_t first_lane_of(std::uint32_t lanes) noexcept;  // heap_place: of none
  std::uint8_t make_place() noexcept;
  void take_out(entry& e) noexcept;
  void find_earliest() noexcept;

  base::nanoseconds earliest_ = base::never;
  std::uint8_t earliest_place_ = 0;
  std::uint32_t filled_lanes_ = 0;
  std::array<lane, lane_count> lanes_;
  timer_heap heap_;
};

}  // namespace goro::timers
