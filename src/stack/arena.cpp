#include "stack/arena.hpp"

#include <algorithm>
#include <bit>
#include <new>

#include "base/check.hpp"
#include "platform/os.hpp"
#include "stack/address_map.hpp"

namespace goro::stack {
namespace {

constexpr std::size_t record_block = std::size_t{64} << 10;

std::uint32_t most_slots(size_class c) noexcept {
  const std::size_t by_size = std::max<std::size_t>(largest_chunk_size / slot_size(c), 1);
  return static_cast<std::uint32_t>(std::min<std::size_t>(by_size, largest_chunk_slots));
}

std::uint32_t fewest_slots(size_class c) noexcept {
  return static_cast<std::uint32_t>(std::max<std::size_t>(granule_size / slot_size(c), 1));
}

}  // namespace

// Which bin ------------------------------------------------------------------------------------------------------

std::uint8_t arena::bin_for(const chunk& c) noexcept {
  if (c.free_count == 0) {
    return no_free_slot;
  }
  if (c.free_count == c.slots) {
    return wholly_free;
  }
  return static_cast<std::uint8_t>(1 + c.free_count * partly_free / c.slots);
}

void arena::file(chunk& c) noexcept {
  c.bin = bin_for(c);
  bins_[c.bin].push_front(c);
  if (c.bin != no_free_slot) {
    filled_bins_ |= 1U << c.bin;
  }
}

void arena::unfile(chunk& c) noexcept {
  bins_[c.bin].remove(c);
  if (bins_[c.bin].empty()) {
    filled_bins_ &= ~(1U << c.bin);
  }
}

void arena::refile(chunk& c) noexcept {
  if (bin_for(c) != c.bin) {
    unfile(c);
    file(c);
  }
}

void arena::set_dirty_count(chunk& c, std::uint32_t count) noexcept {
  if (c.dirty_count == 0 && count != 0) {
    dirty_.push_front(c);
  } else if (c.dirty_count != 0 && count == 0) {
    dirty_.remove(c);
  }
  dirty_free_ += count;
  dirty_free_ -= c.dirty_count;
  c.dirty_count = count;
}

// Take and give --------------------------------------------------------------------------------------------------

std::size_t arena::take(std::byte** bases, std::size_t count) noexcept {
  const base::lock_guard guard(lock_);
  std::size_t taken = 0;
  while (taken < count) {
    chunk* c = chunk_with_space();
    if (c == nullptr) {
      c = grow(count - taken);
    }
    if (c == nullptr) {
      break;
    }
    taken += take_from(*c, bases + taken, count - taken);
    refile(*c);
  }
  return taken;
}

chunk* arena::chunk_with_space() noexcept {
  return filled_bins_ == 0 ? nullptr : bins_[std::countr_zero(filled_bins_)].front();
}

std::size_t arena::take_from(chunk& c, std::byte** bases, std::size_t count) noexcept {
  const auto taken = static_cast<std::uint32_t>(std::min<std::size_t>(count, c.free_count));
  std::uint32_t dirty_left = c.dirty_count;
  for (std::uint32_t i = 0; i < taken; ++i) {
    const bool dirty = dirty_left != 0;
    const std::uint32_t number = dirty ? c.dirty.lowest() : c.free.lowest();
    if (dirty) {
      c.dirty.remove(number);
      --dirty_left;
    }
    c.free.remove(number);
    bases[i] = c.base_of(number);
  }
  set_dirty_count(c, dirty_left);
  c.free_count -= taken;
  free_ -= taken;
  return taken;
}

void arena::give(std::byte* const* bases, std::size_t count) noexcept {
  const base::lock_guard guard(lock_);
  for (std::size_t i = 0; i < count; ++i) {
    chunk& c = *find_place(bases[i]).owner;
    const std::uint32_t number = c.number_of(bases[i]);
    base::check(!c.free.has(number), "stack given back twice");
    c.free.add(number);
    c.dirty.add(number);
    ++c.free_count;
    set_dirty_count(c, c.dirty_count + 1);
    refile(c);
  }
  free_ += count;
}

// More memory ----------------------------------------------------------------------------------------------------

// As much again as there is, between what is wanted and the largest chunk: a small program reserves little, a large one
// has few chunks. Where the system refuses (ulimit -v), less.
chunk* arena::grow(std::size_t wanted_slots) noexcept {
  const std::uint32_t least = fewest_slots(size_);
  const std::uint32_t most = most_slots(size_);
  const std::size_t wish = std::bit_ceil(std::max(wanted_slots, slots_));
  auto slots = static_cast<std::uint32_t>(std::clamp<std::size_t>(wish, least, std::max(least, most)));
  for (; slots >= least; slots /= 2) {
    if (chunk* c = map_chunk(slots)) {
      file(*c);
      if (size_ == default_class && slots_ >= slots && slots == largest_chunk_slots) {
        newest_ = c;
        stacks_ahead_state.store(stacks_ahead::wanted, base::memory_order_relaxed);
      }
      slots_ += slots;
      free_ += slots;
      return c;
    }
  }
  return nullptr;
}

chunk* arena::map_chunk(std::uint32_t slots) noexcept {
  chunk* c = new_record();
  if (c == nullptr) {
    return nullptr;
  }
  c->size = size_;
  c->slots = slots;
  c->free_count = slots;
  c->base = platform::reserve_memory(c->bytes(), std::max(granule_size, slot_size(size_)));
  if (c->base == nullptr || !enter_chunk(*c)) {
    if (c->base != nullptr) {
      platform::release_memory(c->base, c->bytes());
    }
    c->by_bin.next = unused_records_;
    unused_records_ = c;
    return nullptr;
  }
  for (std::uint32_t i = 0; i < slots; ++i) {
    c->free.add(i);
  }
  return c;
}

chunk* arena::new_record() noexcept {
  if (unused_records_ == nullptr) {
    std::byte* block = platform::reserve_memory(record_block, platform::page_size);
    if (block == nullptr) {
      return nullptr;
    }
    for (std::size_t at = record_block / sizeof(chunk); at-- > 0;) {
      auto* record = ::new (static_cast<void*>(block + at * sizeof(chunk))) chunk;
      record->by_bin.next = unused_records_;
      unused_records_ = record;
    }
  }
  chunk* record = unused_records_;
  unused_records_ = record->by_bin.next;
  return ::new (static_cast<void*>(record)) chunk;
}

// Looks ----------------------------------------------------------------------------------------------------------

void arena::for_each_taken(base::function_ref<void(slot)> each) const noexcept {
  const base::lock_guard guard(lock_);
  for (const auto& bin : bins_) {
    for (const chunk* c = bin.front(); c != nullptr; c = c->by_bin.next) {
      for (std::uint32_t i = 0; i < c->slots; ++i) {
        if (!c->free.has(i)) {
          each({c->base_of(i), size_});
        }
      }
    }
  }
}

std::size_t arena::offset_of_bins() noexcept {
  // NOLINTNEXTLINE(bugprone-sizeof-expression): the bins are pointers
  static_assert(bins == wholly_free + 1 && sizeof(bins_) == bins * sizeof(chunk*));
  return offsetof(arena, bins_);
}

statistics arena::count() const noexcept {
  const base::lock_guard guard(lock_);
  return {slots_, slots_ - free_, dirty_free_};
}

void arena::check_invariants() const noexcept {
  const base::lock_guard guard(lock_);
  std::size_t slots = 0;
  std::size_t free = 0;
  std::size_t dirty = 0;
  for (std::uint8_t bin = no_free_slot; bin <= wholly_free; ++bin) {
    base::check(bin == no_free_slot || bins_[bin].empty() == ((filled_bins_ >> bin & 1) == 0), "bin bit is wrong");
    for (const chunk* c = bins_[bin].front(); c != nullptr; c = c->by_bin.next) {
      base::check(c->bin == bin && bin_for(*c) == bin, "chunk in the wrong bin");
      base::check(find_place(c->base).owner == c, "chunk not in the address map");
      std::uint32_t free_here = 0;
      for (std::uint32_t i = 0; i < c->slots; ++i) {
        free_here += c->free.has(i) ? 1 : 0;
        base::check(c->free.has(i) || !c->dirty.has(i), "taken slot counted as dirty");
      }
      base::check(free_here == c->free_count, "chunk miscounts its free slots");
      slots += c->slots;
      free += c->free_count;
      dirty += c->dirty_count;
    }
  }
  base::check(slots == slots_ && free == free_ && dirty == dirty_free_, "arena miscounts its slots");
}

}  // namespace goro::stack
