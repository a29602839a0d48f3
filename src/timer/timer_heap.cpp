// Invariants (check_invariants): no node is earlier than its parent, (i - 1) / 4; nodes_[i].item->position == i;
// nodes_[i].when <= nodes_[i].item->when.
#include "timer/timer_heap.hpp"

#include <algorithm>
#include <new>

#include "base/check.hpp"

namespace goro::timers {
namespace {

constexpr std::size_t arity = 4;  // half the depth of a binary heap, and four children share a cache line
constexpr std::size_t smallest_to_shrink = 1024;

constexpr std::size_t parent_of(std::size_t position) noexcept { return (position - 1) / arity; }
constexpr std::size_t first_child_of(std::size_t position) noexcept { return position * arity + 1; }

}  // namespace

void timer_heap::place(std::size_t position, node n) noexcept {
  nodes_[position] = n;
  n.item->position = static_cast<std::uint32_t>(position);
}

void timer_heap::sift_up(std::size_t position, node n) noexcept {
  while (position > 0) {
    const std::size_t parent = parent_of(position);
    if (nodes_[parent].when <= n.when) {
      break;
    }
    place(position, nodes_[parent]);
    position = parent;
  }
  place(position, n);
}

void timer_heap::sift_down(std::size_t position, node n) noexcept {
  for (;;) {
    const std::size_t first = first_child_of(position);
    if (first >= nodes_.size()) {
      break;
    }
    const std::size_t end = std::min(first + arity, nodes_.size());
    std::size_t earliest = first;
    for (std::size_t child = first + 1; child < end; ++child) {
      if (nodes_[child].when < nodes_[earliest].when) {
        earliest = child;
      }
    }
    if (nodes_[earliest].when >= n.when) {
      break;
    }
    place(position, nodes_[earliest]);
    position = earliest;
  }
  place(position, n);
}

void timer_heap::insert(entry& e) noexcept {
  const node n{e.when, &e};
  try {
    nodes_.push_back(n);
  } catch (const std::bad_alloc&) {
    base::fatal_error("out of memory: cannot allocate room for timers");
  }
  sift_up(nodes_.size() - 1, n);
}

void timer_heap::remove(const entry& e) noexcept {
  const std::size_t position = e.position;
  const node last = nodes_.back();
  nodes_.pop_back();
  if (position < nodes_.size()) {  // else it was the last itself
    if (position > 0 && last.when < nodes_[parent_of(position)].when) {
      sift_up(position, last);
    } else {
      sift_down(position, last);
    }
  }
  if (nodes_.capacity() > smallest_to_shrink && nodes_.size() < nodes_.capacity() / 4) {
    nodes_.shrink_to_fit();  // a spike must not keep its memory; if there is none for the copy, nothing happens
  }
}

void timer_heap::check_invariants() const noexcept {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    base::check(nodes_[i].item->position == i, "timer does not know its place in the heap");
    base::check(nodes_[i].item->when >= nodes_[i].when, "timer stands too late in the heap");
    base::check(i == 0 || nodes_[parent_of(i)].when <= nodes_[i].when, "timer heap out of order");
  }
}

}  // namespace goro::timers
