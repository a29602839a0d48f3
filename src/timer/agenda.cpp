// Invariants (check_invariants): those of the containers; an entry's place says which container holds it; earliest_ is
// the smallest deadline at the front of a container, and earliest_place_ that container; filled_lanes_ has a bit for
// each lane that is not empty.
#include "timer/agenda.hpp"

#include <bit>

#include "base/check.hpp"

namespace goro::timers {

// The lane that ends latest among those that end early enough, so that each settles on one duration. The heap when
// there is none.
std::uint8_t agenda::fitting_place(base::nanoseconds when) const noexcept {
  std::uint8_t best = first_lane_of(~filled_lanes_);  // an empty one, heap_place when there is none
  base::nanoseconds best_last = INT64_MIN;
  for (std::uint32_t left = filled_lanes_; left != 0; left &= left - 1) {
    const std::uint8_t i = first_lane_of(left);
    const base::nanoseconds last = lanes_[i].last();
    if (last <= when && last >= best_last) {
      best = i;
      best_last = last;
    }
  }
  return best;
}

std::uint8_t agenda::first_lane_of(std::uint32_t lanes) noexcept {
  return static_cast<std::uint8_t>(std::countr_zero(lanes | 1U << heap_place));
}

// A lane that holds next to nothing (timers far in the future, or the rest of something) gives way: its entries go to
// the heap.
std::uint8_t agenda::make_place() noexcept {
  constexpr std::size_t next_to_nothing = 4;
  std::uint8_t shortest = 0;
  for (std::uint8_t i = 1; i < lane_count; ++i) {
    if (lanes_[i].size() < lanes_[shortest].size()) {
      shortest = i;
    }
  }
  if (lanes_[shortest].size() > next_to_nothing) {
    return heap_place;
  }
  while (!lanes_[shortest].empty()) {
    entry& e = lanes_[shortest].front();
    lanes_[shortest].remove(e);
    e.place = heap_place;
    heap_.insert(e);
  }
  filled_lanes_ &= ~(1U << shortest);
  find_earliest();
  return shortest;
}

void agenda::insert(entry& e) noexcept {
  base::check(!e.pending(), "timer inserted twice");
  if (e.when == base::never) {
    return;
  }
  e.place = fitting_place(e.when);
  if (e.place == heap_place) [[unlikely]] {
    e.place = make_place();
  }
  if (e.place == heap_place) {
    heap_.insert(e);
  } else {
    lanes_[e.place].push_back(e);
    filled_lanes_ |= 1U << e.place;
  }
  if (e.when < earliest_) {
    earliest_ = e.when;
    earliest_place_ = e.place;
  }
}

void agenda::take_out(entry& e) noexcept {
  const std::uint8_t place = e.place;
  if (place == heap_place) {
    heap_.remove(e);
  } else {
    lanes_[place].remove(e);
    if (lanes_[place].empty()) {
      filled_lanes_ &= ~(1U << place);
    }
  }
  e.place = entry::nowhere;
  if (place == earliest_place_) {
    find_earliest();
  }
}

bool agenda::remove(entry& e) noexcept {
  if (!e.pending()) {
    return false;
  }
  take_out(e);
  return true;
}

void agenda::move(entry& e, base::nanoseconds when) noexcept {
  const base::nanoseconds standing = e.place == heap_place ? heap_.standing(e) : lanes_[e.place].standing(e);
  if (when >= standing) {
    e.when = when;
    return;
  }
  take_out(e);
  e.when = when;
  insert(e);
}

entry* agenda::due(base::nanoseconds now) noexcept {
  while (earliest_ <= now && earliest_ != base::never) {
    entry& e = earliest_place_ == heap_place ? heap_.front() : lanes_[earliest_place_].front();
    if (e.when == earliest_) {
      return &e;
    }
    take_out(e);  // postponed: others may be due before
    insert(e);
  }
  return nullptr;
}

void agenda::find_earliest() noexcept {
  earliest_ = heap_.earliest();
  earliest_place_ = heap_place;
  for (std::uint32_t left = filled_lanes_; left != 0; left &= left - 1) {
    const std::uint8_t i = first_lane_of(left);
    if (lanes_[i].first() < earliest_) {
      earliest_ = lanes_[i].first();
      earliest_place_ = i;
    }
  }
}

std::size_t agenda::size() const noexcept {
  std::size_t sum = heap_.size();
  for (const lane& l : lanes_) {
    sum += l.size();
  }
  return sum;
}

void agenda::check_invariants() const noexcept {
  heap_.check_invariants();
  base::nanoseconds earliest = heap_.earliest();
  std::uint32_t filled = 0;
  for (const lane& l : lanes_) {
    l.check_invariants();
    filled |= l.empty() ? 0 : 1U << static_cast<unsigned>(&l - lanes_.data());
    earliest = l.first() < earliest ? l.first() : earliest;
  }
  base::check(filled == filled_lanes_, "agenda miscounts its lanes");
  base::check(earliest == earliest_, "agenda forgot its earliest timer");
}

}  // namespace goro::timers
