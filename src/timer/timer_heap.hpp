// A passive heap of timers: it keeps order and returns what is due; it never calls anybody and takes no lock.
// Its owner (one per processor, in sched) guards it with a lock.
//
// A 4-ary min-heap of (when, entry) pairs: the deadlines that a sift compares lie side by side in memory.
// Each entry knows its place, so removal is O(log n) and needs no search.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.hpp"

namespace goro::timer {

struct entry {
  base::nanoseconds when = 0;
  // Called by the owner of the heap, under its lock, when the entry has become due and has left the heap.
  void (*fire)(entry& self, base::nanoseconds now) = nullptr;
  std::uint32_t position = absent;

  static constexpr std::uint32_t absent = UINT32_MAX;
  bool pending() const noexcept { return position != absent; }
};

class timer_heap {
 public:
  bool empty() const noexcept { return nodes_.empty(); }
  std::size_t size() const noexcept { return nodes_.size(); }
  base::nanoseconds earliest() const noexcept { return nodes_.empty() ? base::never : nodes_.front().when; }

  void insert(entry& e);                           // !e.pending(); e.when is set. May allocate.
  bool remove(entry& e) noexcept;                  // false when it was not in this heap
  entry* pop_due(base::nanoseconds now) noexcept;  // earliest entry with when <= now, removed; or null
  entry* pop_any() noexcept;                       // any entry, removed: for moving a heap elsewhere

  void check_invariants() const noexcept;

 private:
  struct node {
    base::nanoseconds when;
    entry* item;
  };
  void place(std::size_t position, node n) noexcept;
  void sift_up(std::size_t position, node n) noexcept;
  void sift_down(std::size_t position, node n) noexcept;

  std::vector<node> nodes_;
};

}  // namespace goro::timer
