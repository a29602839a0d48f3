// The order in which locks were taken, as a graph: an edge leads from each lock that was held to the one that was taken
// meanwhile. A circle is an inversion: goroutines that go the ways of its edges at the same time can wait for each
// other for ever.
//
// Locks are known by serial numbers here, since a new lock may stand where one was destroyed. One edge is kept for each
// pair of locks: the first. An inversion is reported with the edge that closes it, so once; a circle whose steps all
// share both locks is none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <unordered_map>
#include <vector>

#include "sched/lock_watch.hpp"

namespace goro::sched {

class lock_order {
 public:
  // If the edge is new and closes a circle, and `circle` is empty, the circle is written there, the new edge first.
  void note(std::uint64_t held, std::uint64_t wanted, lock_order_edge edge, std::vector<lock_order_edge>& circle);

  // The lock has been destroyed: no edge leads there or from there any more.
  void forget(std::uint64_t lock);

  std::size_t edges() const noexcept { return edges_; }

 private:
  // Both ends know of an edge, so that it can be taken out at either.
  struct node {
    std::map<std::uint64_t, lock_order_edge> steps;
    std::set<std::uint64_t> steps_from;
    std::uint64_t seen_by = 0;  // the search that has been here
  };

  bool find_way(std::uint64_t from, std::uint64_t to, std::vector<lock_order_edge>& way);
  void drop_if_lone(std::uint64_t lock);

  std::unordered_map<std::uint64_t, node> nodes_;
  std::size_t edges_ = 0;
  std::uint64_t searches_ = 0;
};

}  // namespace goro::sched
