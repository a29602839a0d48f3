// Three ways, best first; a slot gets the first that the system grants:
//   kernel      MADV_GUARD_INSTALL: page table entries that fault; no map entry. Refused by kernels before 6.13 and in
//               locked memory.
//   protection  mprotect: two map entries a slot, of which the system allows a limited number (65,530 by default). goro
//               leaves a quarter of those that were free at the start to the rest of the program.
//   canary      nothing faults. The 64 bytes below the limit stay zero as long as no frame reaches them; the scheduler
//               looks at every switch. Zero, not a pattern: reading an untouched page costs no memory, writing a
//               pattern would commit a page per stack. What it misses (a frame that jumps over it) is the price.
// A guard is made when a slot is taken for the first time, or ahead of that (prepare_ahead), and stays as long as its
// chunk.
#include "stack/guard.hpp"

#include <array>
#include <new>

#include "base/check.hpp"
#include "base/settings.hpp"
#include "platform/os.hpp"
#include "platform/valgrind.hpp"
#include "stack/address_map.hpp"

namespace goro::stack {
namespace {

constexpr std::size_t canary_words = 8;
constexpr std::int64_t map_entries_per_guard = 2;

// Map entries that guards may still use.
base::atomic<std::int64_t> map_entries_left{0};

std::int64_t map_entry_budget() noexcept {
  const auto allowed = static_cast<std::int64_t>(platform::max_memory_maps());
  const auto used = static_cast<std::int64_t>(platform::memory_maps_in_use());
  return (allowed - used) / 4 * 3;
}

guard_kind probe() noexcept {
  constexpr std::size_t size = platform::page_size;
  guard_kind found = guard_kind::protection;
  if (std::byte* page = platform::reserve_memory(size, size)) {
    if (platform::guard_by_kernel(page, size)) {
      found = guard_kind::kernel;
    } else if (!platform::guard_by_protection(page, size)) {
      found = guard_kind::canary;
    }
    platform::release_memory(page, size);
  }
  return found;
}

guard_kind choose() noexcept {
  const auto forced = base::debug_setting("stackguard");
  if (!forced) {
    return probe();
  }
  if (*forced == "kernel") {
    return guard_kind::kernel;
  }
  if (*forced == "protection") {
    return guard_kind::protection;
  }
  if (*forced == "canary") {
    return guard_kind::canary;
  }
  base::warn("GORODEBUG: stackguard must be kernel, protection or canary; ignored");
  return probe();
}

guard_kind best_kind() noexcept {
  static const guard_kind chosen = [] {
    // Also with guards by the kernel: it may refuse single ones later.
    map_entries_left.store(map_entry_budget(), base::memory_order_relaxed);
    return choose();
  }();
  return chosen;
}

bool protect(chunk& c, std::byte* base) noexcept {
  if (map_entries_left.fetch_sub(map_entries_per_guard, base::memory_order_relaxed) < map_entries_per_guard ||
      !platform::guard_by_protection(base, guard_size)) {
    map_entries_left.fetch_add(map_entries_per_guard, base::memory_order_relaxed);
    return false;
  }
  c.protections.fetch_add(1, base::memory_order_relaxed);
  return true;
}

// Valgrind runs one thread at a time; who takes slots of one chunk at a time is not ordered all the same.
std::uint32_t* valgrind_numbers_of(chunk& c) noexcept {
  std::uint32_t* present = c.valgrind_numbers.load(base::memory_order_acquire);  // sync: valgrind-numbers
  if (present != nullptr) {
    return present;
  }
  auto* made = new (std::nothrow) std::uint32_t[largest_chunk_slots]{};
  if (!c.valgrind_numbers.compare_exchange_strong(present, made, base::memory_order_acq_rel,  // sync: valgrind-numbers
                                                  base::memory_order_acquire)) {
    delete[] made;
    return present;
  }
  return made;
}

void tell_valgrind(std::byte* base) noexcept {
  if (!platform::runs_under_valgrind()) {
    return;
  }
  chunk& c = *find_place(base).owner;
  if (std::uint32_t* numbers = valgrind_numbers_of(c)) {
    numbers[c.number_of(base)] =
        platform::valgrind_note_stack(base + guard_size, base + (std::size_t{1} << slot_bits(c.size))) + 1;
  }
}

// For one slot that the kernel's guard is not for (not wanted, or refused).
void guard_otherwise(chunk& c, std::byte* base) noexcept {
  const std::uint32_t number = c.number_of(base);
  if (best_kind() == guard_kind::canary || !protect(c, base)) {
    canaries_exist.store(true, base::memory_order_relaxed);
    c.by_canary.add(number);
  }
  c.guarded.add(number);
}

// Slots whose guards are to be made in one call.
struct pending_guards {
  std::array<platform::memory_range, guards_at_once> ranges;
  std::array<chunk*, guards_at_once> chunks;
  std::size_t count = 0;

  bool full() const noexcept { return count == ranges.size(); }
  void add(chunk& c, std::byte* base) noexcept {
    ranges[count] = {base, guard_size};
    chunks[count] = &c;
    ++count;
  }

  void make() noexcept {
    std::size_t done = 0;
    if (best_kind() == guard_kind::kernel) {
      done = platform::guard_many_by_kernel({ranges.data(), count});
    }
    for (std::size_t i = 0; i < done; ++i) {
      chunks[i]->guarded.add(chunks[i]->number_of(ranges[i].base));
    }
    for (std::size_t i = done; i < count; ++i) {
      guard_otherwise(*chunks[i], ranges[i].base);
    }
    count = 0;
  }
};

}  // namespace

guard_kind guards_in_use() noexcept { return best_kind(); }

void guard_slots(size_class, std::byte* const* bases, std::size_t count) noexcept {
  pending_guards pending;
  for (std::size_t i = 0; i < count; ++i) {
    chunk& c = *find_place(bases[i]).owner;
    if (!c.guarded.has(c.number_of(bases[i]))) {
      tell_valgrind(bases[i]);
      pending.add(c, bases[i]);
      if (pending.full()) {
        pending.make();
      }
    }
  }
  if (pending.count != 0) {
    pending.make();
  }
}

void forget_guards(const chunk& c) noexcept {
  if (const std::uint32_t* numbers = c.valgrind_numbers.load(base::memory_order_acquire)) {  // sync: valgrind-numbers
    for (std::uint32_t i = 0; i < c.slots; ++i) {
      if (numbers[i] != 0) {
        platform::valgrind_forget_stack(numbers[i] - 1);
      }
    }
    delete[] numbers;
  }
  map_entries_left.fetch_add(map_entries_per_guard * c.protections.load(base::memory_order_relaxed),
                             base::memory_order_relaxed);
}

// Set before the first slot with a canary is handed out; until then nobody needs to look for one.
constinit base::atomic<bool> canaries_exist{false};

bool canary_intact_slow(slot s) noexcept {
  const chunk& c = *find_place(s.base).owner;
  if (!c.by_canary.has(c.number_of(s.base))) {
    return true;
  }
  const auto* words = reinterpret_cast<const std::uint64_t*>(s.limit()) - canary_words;
  std::uint64_t any = 0;
  for (std::size_t i = 0; i < canary_words; ++i) {
    any |= words[i];
  }
  return any == 0;
}

bool in_guard(const std::byte* address) noexcept {
  const place found = find_place(address);
  const std::uintptr_t within_slot = reinterpret_cast<std::uintptr_t>(address) & (slot_size(found.size) - 1);
  return found.owner != nullptr && within_slot < guard_size;
}

}  // namespace goro::stack
