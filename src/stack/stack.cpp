// The public face of the arena, one per size class, and the cache of a processor.
#include "stack/stack.hpp"

#include <algorithm>

#include "platform/sanitizer.hpp"
#include "stack/arena.hpp"
#include "stack/guard.hpp"

namespace goro::stack {
namespace {

// Tops of stacks would otherwise all fall into the same sets of the caches: slots are powers of two apart.
constexpr std::size_t colours = 16;
constexpr std::size_t colour_step = 64;  // a cache line
constexpr std::size_t most_colour = (colours - 1) * colour_step;

static_assert(smallest_size >= 2 * guard_size && size_classes == 16);

constinit arena arenas[size_classes] = {
    arena{0}, arena{1}, arena{2},  arena{3},  arena{4},  arena{5},  arena{6},  arena{7},
    arena{8}, arena{9}, arena{10}, arena{11}, arena{12}, arena{13}, arena{14}, arena{15},
};

}  // namespace

arena& arena_of(size_class c) noexcept { return arenas[c]; }

class_choice class_for(std::size_t usable) noexcept {
  for (size_class c = 0; c < size_classes; ++c) {
    if (slot_size(c) - guard_size - most_colour >= usable) {
      return {true, c};
    }
  }
  return {false, 0};
}

std::byte* slot::limit() const noexcept { return base + guard_size; }

std::byte* slot::top() const noexcept {
  const std::size_t number = reinterpret_cast<std::uintptr_t>(base) >> slot_bits(size);
  return base + slot_size(size) - number % colours * colour_step;
}

slot take(size_class c) noexcept {
  slot taken{nullptr, c};
  take_many(c, &taken.base, 1);
  return taken;
}

std::size_t take_many(size_class c, std::byte** bases, std::size_t count) noexcept {
  const std::size_t taken = arenas[c].take(bases, count);
  guard_slots(c, bases, taken);
  return taken;
}

void give_back(slot s) noexcept { arenas[s.size].give(&s.base, 1); }

void give_back_many(size_class c, std::byte* const* bases, std::size_t count) noexcept { arenas[c].give(bases, count); }

bool scavenge(std::size_t budget) noexcept {
  bool more = false;
  for (arena& a : arenas) {
    more = a.scavenge(budget) || more;
  }
  return more;
}

constinit base::atomic<stacks_ahead> stacks_ahead_state{stacks_ahead::none};

// Guards of other kinds cost map entries.
bool prepare_ahead() noexcept {
  if (stacks_ahead_state.load(base::memory_order_relaxed) != stacks_ahead::asked) {
    return false;
  }
  if (guards_in_use() == guard_kind::kernel && arenas[default_class].prepare_ahead()) {
    return true;
  }
  stacks_ahead expected = stacks_ahead::asked;
  stacks_ahead_state.compare_exchange_strong(expected, stacks_ahead::none, base::memory_order_relaxed);
  return false;
}

void make_first_page([[maybe_unused]] slot s) noexcept {
  // Sanitizers say who may write there, and nobody may yet. (Nor are stacks prepared ahead with them.)
  if constexpr (!GORO_WITH_ASAN && !GORO_WITH_TSAN) {
    *static_cast<volatile std::byte*>(s.top() - 1) = std::byte{};
  }
}

void for_each_taken(base::function_ref<void(slot)> each) noexcept {
  for (const arena& a : arenas) {
    a.for_each_taken(each);
  }
}

statistics arena_statistics() noexcept {
  statistics sum{};
  for (const arena& a : arenas) {
    const statistics here = a.count();
    sum.slots_reserved += here.slots_reserved;
    sum.slots_taken += here.slots_taken;
    sum.slots_free_dirty += here.slots_free_dirty;
  }
  return sum;
}

bool stack_cache::refill() noexcept {
  count_ = take_many(default_class, bases_, batch);
  unused_ = count_;
  return count_ != 0;
}

void stack_cache::touch_next() noexcept {
  --unused_;
  make_first_page({bases_[unused_], default_class});
}

// The coldest half goes.
void stack_cache::spill() noexcept {
  give_back_many(default_class, bases_, batch);
  // The cache goes from owner to owner under a lock that the race build does not see.
  const platform::sanitizer_unobserved quiet;
  std::copy(bases_ + batch, bases_ + count_, bases_);
  count_ -= batch;
  unused_ -= unused_ < batch ? unused_ : batch;
}

void stack_cache::clear() noexcept {
  give_back_many(default_class, bases_, count_);
  count_ = 0;
  unused_ = 0;
}

}  // namespace goro::stack
