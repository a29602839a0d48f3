#include "sched/lock_order.hpp"

#include <algorithm>
#include <utility>

namespace goro::sched {

void lock_order::note(std::uint64_t held, std::uint64_t wanted, lock_order_edge edge,
                      std::vector<lock_order_edge>& circle) {
  std::vector<step>& steps = nodes_[held].steps;
  if (std::any_of(steps.begin(), steps.end(), [wanted](const step& s) { return s.to == wanted; })) {
    return;
  }
  steps.push_back({wanted, edge});
  if (!circle.empty()) {
    return;
  }
  circle.push_back(std::move(edge));
  ++searches_;
  const bool closed = find_way(wanted, held, circle);
  if (!closed || std::all_of(circle.begin(), circle.end(), [](const lock_order_edge& e) { return e.shares_both; })) {
    circle.clear();
  }
}

bool lock_order::find_way(std::uint64_t from, std::uint64_t to, std::vector<lock_order_edge>& way) {
  const auto at = nodes_.find(from);
  if (at == nodes_.end() || std::exchange(at->second.seen_by, searches_) == searches_) {
    return false;
  }
  for (const step& s : at->second.steps) {
    way.push_back(s.edge);
    if (s.to == to || find_way(s.to, to, way)) {
      return true;
    }
    way.pop_back();
  }
  return false;
}

}  // namespace goro::sched
