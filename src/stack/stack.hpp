// Stacks: slots of large lazily committed chunks, one size class per power of two.
//
//   slot (a power of two, aligned to itself), low address first:
//   | guard: 16 KiB | usable … | colour: 0..15 cache lines by slot number |
//                   ^ limit                ^ top (64-byte aligned)
//
// Who may touch what: a free slot belongs to the arena (or to a processor's stack_cache), a taken one to whoever
// took it. Pages are committed by being touched, and given back by scavenge().
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/atomic.hpp"
#include "base/function_ref.hpp"
#include "goro/detail/config.hpp"

namespace goro::stack {

// log2(slot size / smallest_size): 0 … 15.
using size_class = std::uint8_t;
inline constexpr std::size_t size_classes = 16;
inline constexpr size_class default_class = 3;

// Sizes of slots. Sanitizers make frames larger (red zones) and report on the stack that failed: twice the room there.
inline constexpr std::size_t smallest_size = std::size_t{GORO_WITH_ASAN || GORO_WITH_TSAN ? 64 : 32} << 10;
inline constexpr std::size_t default_size = smallest_size << default_class;       // 256 KiB
inline constexpr std::size_t largest_size = smallest_size << (size_classes - 1);  // 1 GiB
inline constexpr std::size_t guard_size = std::size_t{16} << 10;

// The class whose slots give at least `usable` bytes, or nothing when that is beyond largest_size.
struct class_choice {
  bool possible;
  size_class chosen;
};
class_choice class_for(std::size_t usable) noexcept;
constexpr std::size_t slot_size(size_class c) noexcept { return smallest_size << c; }

// A taken slot. Null `base`: no stack.
struct slot {
  std::byte* base = nullptr;
  size_class size = default_class;

  explicit operator bool() const noexcept { return base != nullptr; }
  std::byte* limit() const noexcept;  // lowest usable byte
  std::byte* top() const noexcept;    // exclusive end of the usable part, coloured, 64-byte aligned
};

enum class guard_kind : std::uint8_t { kernel, protection, canary };
// How guards are made here: probed once; for tests, GORODEBUG=stackguard=kernel|protection|canary forces one.
guard_kind guards_in_use() noexcept;

// Takes a slot from the arena. Null when the system refuses more memory or address space.
slot take(size_class c) noexcept;
// Takes up to `count` slots of class c at once; returns how many.
std::size_t take_many(size_class c, std::byte** bases, std::size_t count) noexcept;
void give_back(slot s) noexcept;
void give_back_many(size_class c, std::byte* const* bases, std::size_t count) noexcept;

extern constinit base::atomic<bool> canaries_exist;  // somewhere
bool canary_intact_slow(slot s) noexcept;
// Only where guards are canaries (else always true): are the words below the limit untouched?
inline bool canary_intact(slot s) noexcept {
  return !canaries_exist.load(base::memory_order_relaxed) || canary_intact_slow(s);
}

// Is `address` in the guard below some slot of the arena? Async-signal-safe.
bool in_guard(const std::byte* address) noexcept;

// Gives memory of free slots back to the system: unmaps wholly free chunks, discards touched pages of other free slots,
// at most `budget` slots in this call. True when more is left to do. Called by sysmon, never on a goroutine's path.
bool scavenge(std::size_t budget) noexcept;

// Where many stacks of the default class are taken for the first time, some are made ahead, with guard and first page:
// the arena wants it when it grows by 256 and as many are taken already, a worker asks sysmon, and sysmon does it,
// where fewer processors are in use than there are CPUs. A hint: relaxed, and what is not made ahead is made by who
// takes the stack.
enum class stacks_ahead : std::uint8_t { none, wanted, asked };
extern constinit base::atomic<stacks_ahead> stacks_ahead_state;
// A piece of that work, if it was asked for. True when there may be more. Where memory is short the kernel may let the
// caller wait for its pages.
bool prepare_ahead() noexcept;

// Makes the page that a goroutine begins on. The caller has taken the slot.
void make_first_page(slot s) noexcept;

// Calls `each` for every taken slot, those in caches included, under the lock of its class: it takes no lock of the
// runtime's.
void for_each_taken(base::function_ref<void(slot)> each) noexcept;

struct statistics {
  std::size_t slots_reserved, slots_taken, slots_free_dirty;
};
statistics arena_statistics() noexcept;

// A processor's own few hot stacks of the default class: last in, first out, no lock. Not thread-safe.
//
// Those that came from the arena have not been used here: they lie below the others, and the page that a goroutine
// begins on is perhaps still to be made by the kernel. Who leaves a goroutine binds the next while holding what the
// leaving one has locked, a channel for one, and others would wait for the kernel; so the page is made before.
class stack_cache {
 public:
  slot pop() noexcept {
    if (count_ == 0 && !refill()) [[unlikely]] {
      return {};
    }
    --count_;
    unused_ = unused_ < count_ ? unused_ : count_;
    return {bases_[count_], default_class};
  }
  // Makes the first page of the stack that pop() gives next.
  void prepare_next() noexcept {
    if (unused_ == count_ && count_ != 0) [[unlikely]] {
      touch_next();
    }
  }
  void push(slot s) noexcept {
    if (s.size != default_class) [[unlikely]] {
      give_back(s);
      return;
    }
    if (count_ == capacity) [[unlikely]] {
      spill();
    }
    bases_[count_++] = s.base;
  }
  bool empty() const noexcept { return count_ == 0; }
  void clear() noexcept;  // gives everything back

 private:
  static constexpr std::size_t capacity = 64;
  static constexpr std::size_t batch = 32;

  bool refill() noexcept;
  void spill() noexcept;
  void touch_next() noexcept;

  std::size_t count_ = 0;
  std::size_t unused_ = 0;  // the first so many
  std::byte* bases_[capacity];
};

}  // namespace goro::stack
