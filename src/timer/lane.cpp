#include "timer/lane.hpp"

#include <new>

#include "base/check.hpp"

namespace goro::timers {

void lane::take_out(std::uint32_t position) noexcept {
  at(position).item = nullptr;
  if (--size_ == 0) {
    front_ = back_;
    first_ = base::never;
    last_ = INT64_MIN;
    if (capacity_ > 4096) {  // a spike must not keep its memory
      nodes_.reset();
      capacity_ = 0;
    }
    return;
  }
  if (position == front_) {
    do {
      ++front_;
    } while (at(front_).item == nullptr);
    first_ = at(front_).when;
    prefetch_soon();
  } else if (position == back_ - 1) {
    do {
      --back_;
    } while (at(back_ - 1).item == nullptr);
    last_ = at(back_ - 1).when;
  }
  const std::uint32_t span = back_ - front_;
  if (span > 64 && size_ < span / 2) [[unlikely]] {
    close_holes();
  }
}

// Those who are told next lie anywhere in memory, on the stacks of parked goroutines for one.
void lane::prefetch_soon() const noexcept {
  constexpr std::uint32_t ahead = 4;
  const entry* soon = back_ - front_ > ahead ? at(front_ + ahead).item : nullptr;
  if (soon != nullptr) {
    __builtin_prefetch(soon, 1);
    __builtin_prefetch(reinterpret_cast<const std::byte*>(soon) + 64, 1);
  }
}

void lane::close_holes() noexcept {
  std::uint32_t to = front_;
  for (std::uint32_t from = front_; from != back_; ++from) {
    const node n = at(from);
    if (n.item != nullptr) {
      n.item->position = to;
      at(to++) = n;
    }
  }
  back_ = to;
  if (capacity_ > 4096 && size_ < capacity_ / 8) {
    resize(capacity_ / 4);
  }
}

void lane::resize(std::uint32_t capacity) noexcept {
  base::check(capacity > back_ - front_ && capacity < UINT32_MAX / 2, "lane has room");
  std::unique_ptr<node[]> larger(new (std::nothrow) node[capacity]);
  if (larger == nullptr) {
    base::fatal_error("out of memory: cannot allocate room for timers");
  }
  for (std::uint32_t position = front_; position != back_; ++position) {
    larger[position & (capacity - 1)] = at(position);
  }
  nodes_ = std::move(larger);
  capacity_ = capacity;
}

void lane::check_invariants() const noexcept {
  std::size_t items = 0;
  base::nanoseconds before = INT64_MIN;
  for (std::uint32_t position = front_; position != back_; ++position) {
    const node& n = at(position);
    base::check(n.when >= before, "lane out of order");
    before = n.when;
    if (n.item != nullptr) {
      ++items;
      base::check(n.item->position == position, "timer does not know its place in a lane");
      base::check(n.item->when >= n.when, "timer stands too late in a lane");
    }
  }
  base::check(items == size_, "lane miscounts");
  if (size_ != 0) {
    base::check(at(front_).item != nullptr && at(back_ - 1).item != nullptr, "hole at the end of a lane");
    base::check(at(front_).when == first_ && at(back_ - 1).when == last_, "lane forgot how far it reaches");
  }
}

}  // namespace goro::timers
