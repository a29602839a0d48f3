// What is done to free slots beside those who take and give them.
//
// Memory goes back to the system: a wholly free chunk is unmapped with its page tables, one of each class is kept; of
// the other free slots the touched pages are discarded. And where many stacks are taken for the first time, some get
// guard and first page ahead: two or three microseconds of the kernel's each, which their takers save.
//
// While the kernel is at work on slots they are out of the arena, as if somebody had taken them, and the lock is free.
// So nobody can take a slot whose pages are just vanishing, and nobody waits for the kernel; who finds no other slot
// meanwhile has the arena grow.
#include <algorithm>
#include <array>

#include "platform/os.hpp"
#include "stack/address_map.hpp"
#include "stack/arena.hpp"
#include "stack/guard.hpp"

namespace goro::stack {

bool arena::scavenge(std::size_t& budget) noexcept {
  while (budget != 0 && (unmap_one(budget) || discard_some(budget))) {
  }
  const base::lock_guard guard(lock_);
  return dirty_free_ != 0 || (!bins_[wholly_free].empty() && !bins_[wholly_free].has_one());
}

bool arena::unmap_one(std::size_t& budget) noexcept {
  chunk* c = nullptr;
  {
    const base::lock_guard guard(lock_);
    if (bins_[wholly_free].empty() || bins_[wholly_free].has_one()) {
      return false;
    }
    c = bins_[wholly_free].front();
    const std::size_t cost = c->dirty_count + 1;
    if (cost > budget) {
      return false;  // discard_some() makes it cheaper
    }
    budget -= cost;
    unfile(*c);
    newest_ = newest_ == c ? nullptr : newest_;
    set_dirty_count(*c, 0);
    slots_ -= c->slots;
    free_ -= c->slots;
    leave_chunk(*c);
  }
  platform::release_memory(c->base, c->bytes());
  forget_guards(*c);
  const base::lock_guard guard(lock_);
  c->by_bin.next = unused_records_;
  unused_records_ = c;
  return true;
}

bool arena::discard_some(std::size_t& budget) noexcept {
  std::array<std::uint32_t, largest_chunk_slots> numbers;
  chunk* c = nullptr;
  std::uint32_t count = 0;
  {
    const base::lock_guard guard(lock_);
    c = dirty_.front();
    if (c == nullptr) {
      return false;
    }
    count = borrow_dirty(*c, numbers.data(), std::min(budget, numbers.size()));
  }
  std::array<platform::memory_range, largest_chunk_slots> ranges;
  std::size_t range_count = 0;
  for (std::uint32_t i = 0; i < count;) {
    std::uint32_t end = i + 1;
    while (end < count && numbers[end] == numbers[end - 1] + 1) {
      ++end;  // neighbours in one range: guards between them outlive it
    }
    std::byte* from = c->base_of(numbers[i]) + guard_size;
    ranges[range_count++] = {from, static_cast<std::size_t>(c->base_of(numbers[end - 1] + 1) - from)};
    i = end;
  }
  platform::discard_memory({ranges.data(), range_count});
  return_borrowed(*c, numbers.data(), count, false);
  budget -= count;
  return true;
}

// In ascending order.
std::uint32_t arena::borrow_dirty(chunk& c, std::uint32_t* numbers, std::size_t count) noexcept {
  const auto borrowed = static_cast<std::uint32_t>(std::min<std::size_t>(count, c.dirty_count));
  for (std::uint32_t i = 0; i < borrowed; ++i) {
    numbers[i] = c.dirty.lowest();
    c.dirty.remove(numbers[i]);
    c.free.remove(numbers[i]);
  }
  set_dirty_count(c, c.dirty_count - borrowed);
  account_borrowed(c, borrowed);
  return borrowed;
}

bool arena::prepare_ahead() noexcept {
  std::array<std::uint32_t, guards_at_once> numbers;
  chunk* c = nullptr;
  std::uint32_t count = 0;
  {
    const base::lock_guard guard(lock_);
    c = newest_;
    if (c == nullptr) {
      return false;
    }
    count = borrow_unguarded(*c, numbers.data(), numbers.size());
    if (count < numbers.size()) {
      newest_ = nullptr;
    }
    if (count == 0) {
      return false;
    }
  }
  std::array<std::byte*, guards_at_once> bases;
  for (std::uint32_t i = 0; i < count; ++i) {
    bases[i] = c->base_of(numbers[i]);
  }
  guard_slots(size_, bases.data(), count);
  for (std::uint32_t i = 0; i < count; ++i) {
    make_first_page({bases[i], size_});
  }
  return_borrowed(*c, numbers.data(), count, true);
  return true;
}

// The highest, since the lowest are taken first.
std::uint32_t arena::borrow_unguarded(chunk& c, std::uint32_t* numbers, std::size_t count) noexcept {
  std::uint32_t borrowed = 0;
  for (std::uint32_t i = c.slots; i-- > 0 && borrowed < count;) {
    if (c.free.has(i) && !c.guarded.has(i)) {
      c.free.remove(i);
      numbers[borrowed++] = i;
    }
  }
  account_borrowed(c, borrowed);
  return borrowed;
}

void arena::account_borrowed(chunk& c, std::uint32_t count) noexcept {
  c.free_count -= count;
  free_ -= count;
  refile(c);
}

void arena::return_borrowed(chunk& c, const std::uint32_t* numbers, std::uint32_t count, bool dirty) noexcept {
  const base::lock_guard guard(lock_);
  for (std::uint32_t i = 0; i < count; ++i) {
    c.free.add(numbers[i]);
    if (dirty) {
      c.dirty.add(numbers[i]);
    }
  }
  set_dirty_count(c, c.dirty_count + (dirty ? count : 0));
  c.free_count += count;
  free_ += count;
  refile(c);
}

}  // namespace goro::stack
