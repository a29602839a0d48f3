#include "sched/lock_order.hpp"

#include <algorithm>
#include <utility>

namespace goro::sched {

void lock_order::note(std::uint64_t held, std::uint64_t wanted, lock_order_edge edge,
                      std::vector<lock_order_edge>& circle) {
  if (!nodes_[held].steps.try_emplace(wanted, edge).second) {
    return;
  }
  nodes_[wanted].steps_from.insert(held);
  ++edges_;
  if (!circle.empty()) {
    return;
  }
  circle.push_back(std::move(edge));
  const bool closed = find_way(wanted, held, circle);
  if (!closed || std::all_of(circle.begin(), circle.end(), [](const lock_order_edge& e) { return e.shares_both; })) {
    circle.clear();
  }
}

void lock_order::forget(std::uint64_t lock) {
  const auto at = nodes_.find(lock);
  if (at == nodes_.end()) {
    return;
  }
  const node gone = std::move(at->second);
  nodes_.erase(at);
  edges_ -= gone.steps.size() + gone.steps_from.size();
  for (const auto& step : gone.steps) {
    nodes_[step.first].steps_from.erase(lock);
    drop_if_lone(step.first);
  }
  for (const std::uint64_t before : gone.steps_from) {
    nodes_[before].steps.erase(lock);
    drop_if_lone(before);
  }
}

void lock_order::drop_if_lone(std::uint64_t lock) {
  const auto at = nodes_.find(lock);
  if (at->second.steps.empty() && at->second.steps_from.empty()) {
    nodes_.erase(at);
  }
}

// Depth first, without recursion: who takes a lock stands on a goroutine's stack.
bool lock_order::find_way(std::uint64_t from, std::uint64_t to, std::vector<lock_order_edge>& way) {
  using step = std::map<std::uint64_t, lock_order_edge>::const_iterator;
  struct place {
    step next;
    step end;
  };
  std::vector<place> places;
  const auto enter = [&](std::uint64_t lock) {
    const auto at = nodes_.find(lock);
    if (at != nodes_.end() && std::exchange(at->second.seen_by, searches_) != searches_) {
      places.push_back({at->second.steps.begin(), at->second.steps.end()});
    }
  };
  ++searches_;
  enter(from);
  while (!places.empty()) {
    place& last = places.back();
    if (last.next == last.end) {
      places.pop_back();
      continue;
    }
    const std::uint64_t next = (last.next++)->first;
    if (next == to) {
      for (const place& p : places) {
        way.push_back(std::prev(p.next)->second);
      }
      return true;
    }
    enter(next);
  }
  return false;
}

}  // namespace goro::sched
