// The stacks of one size class: chunks sorted by how full they are.
//
// A chunk is in exactly one bin: 0 when no slot is free, then by the share of free slots, `wholly_free` when none is
// taken. Taking prefers the fullest chunk that has a free slot, so that others run empty and can be unmapped; within it
// a dirty slot, whose pages are there already. Taking and giving are O(1): the bins that hold chunks are bits of a
// word.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/lock.hpp"
#include "stack/chunk.hpp"

namespace goro::stack {

class arena {
 public:
  explicit constexpr arena(size_class c) noexcept : size_(c) {}

  // Slots without guards yet; at most `count`, fewer only when the system refuses memory.
  std::size_t take(std::byte** bases, std::size_t count) noexcept;
  void give(std::byte* const* bases, std::size_t count) noexcept;

  // Returns memory of free slots; takes what it does off `budget`. True when there is more to do.
  bool scavenge(std::size_t& budget) noexcept;

  // Guards some slots of the newest chunk that nobody has taken yet, and makes their first page. False when there was
  // nothing to do.
  bool prepare_ahead() noexcept;

  void for_each_taken(base::function_ref<void(slot)> each) const noexcept;
  statistics count() const noexcept;
  void check_invariants() const noexcept;

  // Where debuggers find the chunks: the lists of all bins, each of one pointer, one after another.
  static constexpr std::size_t bins = 10;
  static std::size_t offset_of_bins() noexcept;

 private:
  static constexpr std::uint8_t no_free_slot = 0;
  static constexpr std::uint8_t partly_free = 8;  // bins 1 … 8
  static constexpr std::uint8_t wholly_free = 9;

  static std::uint8_t bin_for(const chunk& c) noexcept;

  // All with lock_ held.
  void file(chunk& c) noexcept;  // puts it into the bin that fits its counts
  void unfile(chunk& c) noexcept;
  void refile(chunk& c) noexcept;
  void set_dirty_count(chunk& c, std::uint32_t count) noexcept;
  std::size_t take_from(chunk& c, std::byte** bases, std::size_t count) noexcept;
  chunk* chunk_with_space() noexcept;
  chunk* grow(std::size_t wanted_slots) noexcept;
  chunk* map_chunk(std::uint32_t slots) noexcept;
  chunk* new_record() noexcept;

  // upkeep.cpp; each takes and releases lock_ itself. False when there was nothing to do.
  bool unmap_one(std::size_t& budget) noexcept;
  bool discard_some(std::size_t& budget) noexcept;
  std::uint32_t borrow_dirty(chunk& c, std::uint32_t* numbers, std::size_t count) noexcept;
  std::uint32_t borrow_unguarded(chunk& c, std::uint32_t* numbers, std::size_t count) noexcept;
  void account_borrowed(chunk& c, std::uint32_t count) noexcept;
  void return_borrowed(chunk& c, const std::uint32_t* numbers, std::uint32_t count, bool dirty) noexcept;

  mutable base::lock lock_{base::lock_rank::stack_arena};
  const size_class size_;
  std::uint32_t filled_bins_ = 0;  // bit n: bins_[n] is not empty (n > 0)
  chunk_list<&chunk::by_bin> bins_[wholly_free + 1];
  chunk_list<&chunk::by_dirt> dirty_;  // chunks with dirty free slots
  chunk* newest_ = nullptr;            // of many, and as long as prepare_ahead() has work there
  chunk* unused_records_ = nullptr;    // linked by by_bin.next; their memory is never given back
  std::size_t slots_ = 0;
  std::size_t free_ = 0;
  std::size_t dirty_free_ = 0;
};

arena& arena_of(size_class c) noexcept;

}  // namespace goro::stack
