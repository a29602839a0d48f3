// A 4-ary min-heap of entries, for those that fit into no lane. Each entry knows its place, so removal is O(log n) and
// needs no search.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "timer/entry.hpp"

namespace goro::timers {

class timer_heap {
 public:
  bool empty() const noexcept { return nodes_.empty(); }
  std::size_t size() const noexcept { return nodes_.size(); }
  base::nanoseconds earliest() const noexcept { return nodes_.empty() ? base::never : nodes_.front().when; }

  void insert(entry& e) noexcept;  // not in it; e.when is set. Fatal when memory ends.
  void remove(const entry& e) noexcept;
  // The deadline it stands here with.
  base::nanoseconds standing(const entry& e) const noexcept { return nodes_[e.position].when; }
  entry& front() const noexcept { return *nodes_.front().item; }  // not empty

  void check_invariants() const noexcept;

 private:
  void place(std::size_t position, node n) noexcept;
  void sift_up(std::size_t position, node n) noexcept;
  void sift_down(std::size_t position, node n) noexcept;

  std::vector<node> nodes_;
};

}  // namespace goro::timers
