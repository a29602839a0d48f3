// A chunk: one mapping cut into slots of one size class, and what is known about each slot.
//
// The bookkeeping lies outside the stacks, so that the pages of a free slot can be given back whole.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/atomic.hpp"
#include "stack/stack.hpp"

namespace goro::stack {

inline constexpr std::uint32_t largest_chunk_slots = 256;
inline constexpr std::size_t largest_chunk_size = std::size_t{64} << 20;  // unless a single slot is larger
// Chunks begin and end at multiples of this, so that an address leads to its chunk by a table.
inline constexpr std::size_t granule_size = std::size_t{2} << 20;

// slot_size(c) == 1 << slot_bits(c): by shifting, since dividing by a variable would be the dearest part of taking a
// slot.
constexpr unsigned slot_bits(size_class c) noexcept {
  return static_cast<unsigned>(std::countr_zero(smallest_size)) + c;
}
static_assert(std::has_single_bit(smallest_size));

// A set of slot numbers of one chunk.
class slot_set {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;

  bool has(std::uint32_t i) const noexcept { return (words_[i / 64] >> (i % 64) & 1) != 0; }
  void add(std::uint32_t i) noexcept { words_[i / 64] |= std::uint64_t{1} << (i % 64); }
  void remove(std::uint32_t i) noexcept { words_[i / 64] &= ~(std::uint64_t{1} << (i % 64)); }
  std::uint32_t lowest() const noexcept {
    for (std::uint32_t w = 0; w < words_.size(); ++w) {
      if (words_[w] != 0) {
        return w * 64 + static_cast<std::uint32_t>(std::countr_zero(words_[w]));
      }
    }
    return none;
  }

 private:
  std::array<std::uint64_t, largest_chunk_slots / 64> words_{};
};

// The same where several threads add at once, each its own number, without a lock. Relaxed: a number is added only by
// whoever has taken that slot, and looked at by them or, while the slot is free, under the arena's lock; a slot passes
// from thread to thread under that lock.
class shared_slot_set {
 public:
  bool has(std::uint32_t i) const noexcept {
    return (words_[i / 64].load(base::memory_order_relaxed) >> (i % 64) & 1) != 0;
  }
  void add(std::uint32_t i) noexcept {
    words_[i / 64].fetch_or(std::uint64_t{1} << (i % 64), base::memory_order_relaxed);
  }

 private:
  std::array<base::atomic<std::uint64_t>, largest_chunk_slots / 64> words_{};
};

struct chunk;

// A place in a doubly linked list of chunks.
struct chunk_links {
  chunk* next = nullptr;
  chunk* previous = nullptr;
};

struct alignas(64) chunk {
  std::byte* base = nullptr;
  std::uint32_t slots = 0;
  size_class size = 0;

  // Guarded by the arena's lock. dirty is a part of free: free slots whose pages may be committed.
  std::uint8_t bin = 0;
  std::uint32_t free_count = 0;
  std::uint32_t dirty_count = 0;
  slot_set free;
  slot_set dirty;
  chunk_links by_bin;
  chunk_links by_dirt;

  // By whoever has taken the slot: is it guarded (for as long as the chunk lives)? By a canary?
  shared_slot_set guarded;
  shared_slot_set by_canary;
  base::atomic<std::uint32_t> protections{0};  // guards that cost map entries
  // Under Valgrind: its number for each guarded slot, plus one; else null. Made by the first that needs it, freed with
  // the chunk.
  base::atomic<std::uint32_t*> valgrind_numbers{nullptr};

  std::size_t bytes() const noexcept { return std::size_t{slots} << slot_bits(size); }
  std::uint32_t number_of(const std::byte* slot_base) const noexcept {
    return static_cast<std::uint32_t>(static_cast<std::size_t>(slot_base - base) >> slot_bits(size));
  }
  std::byte* base_of(std::uint32_t number) const noexcept { return base + (std::size_t{number} << slot_bits(size)); }
};

// A doubly linked list through one of a chunk's two links.
template <chunk_links chunk::*Links>
class chunk_list {
 public:
  chunk* front() const noexcept { return first_; }
  bool empty() const noexcept { return first_ == nullptr; }
  bool has_one() const noexcept { return first_ != nullptr && (first_->*Links).next == nullptr; }

  void push_front(chunk& c) noexcept {
    c.*Links = {first_, nullptr};
    if (first_ != nullptr) {
      (first_->*Links).previous = &c;
    }
    first_ = &c;
  }

  void remove(chunk& c) noexcept {
    const chunk_links links = c.*Links;
    (links.previous != nullptr ? (links.previous->*Links).next : first_) = links.next;
    if (links.next != nullptr) {
      (links.next->*Links).previous = links.previous;
    }
    c.*Links = {};
  }

 private:
  chunk* first_ = nullptr;
};

}  // namespace goro::stack
