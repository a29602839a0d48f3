// A table of two levels over the 48-bit address space, indexed by granule (2 MiB). A leaf covers 32 GiB and is mapped
// when the first chunk there appears; of its 128 KiB only the pages in use are committed (one byte per default slot).
//
// Why it may be read in a signal handler and without a lock: leaves are never freed, each entry is one atomic word, and
// that word carries the size class, so a reader does not look into a chunk that may be vanishing. For an address in a
// slot that is taken the entry cannot change meanwhile.
#include "stack/address_map.hpp"

#include <array>
#include <cstdint>

#include "base/atomic.hpp"
#include "platform/os.hpp"
#include "stack/chunk.hpp"

namespace goro::stack {
namespace {

constexpr unsigned address_bits = 48;
constexpr unsigned granule_bits = 21;
constexpr unsigned leaf_bits = 14;
constexpr unsigned root_bits = address_bits - granule_bits - leaf_bits;
static_assert(std::size_t{1} << granule_bits == granule_size);

// chunk address | size class; 0: no chunk.
using entry = std::uintptr_t;
constexpr entry class_mask = alignof(chunk) - 1;
static_assert(size_classes <= class_mask + 1);

using leaf = std::array<base::atomic<entry>, std::size_t{1} << leaf_bits>;

constinit std::array<base::atomic<leaf*>, std::size_t{1} << root_bits> root{};

struct position {
  std::size_t in_root;
  std::size_t in_leaf;
};

position position_of(std::uintptr_t address) noexcept {
  const std::uintptr_t granule = address >> granule_bits;
  return {granule >> leaf_bits, granule & ((std::uintptr_t{1} << leaf_bits) - 1)};
}

// The leaf for `position`, mapped if need be. Chunks of different size classes come under different locks: the first
// wins.
leaf* leaf_for(const position& p) noexcept {
  if (p.in_root >= root.size()) {
    return nullptr;
  }
  leaf* present = root[p.in_root].load(base::memory_order_acquire);  // sync: address-leaf
  if (present != nullptr) {
    return present;
  }
  std::byte* fresh = platform::reserve_memory(sizeof(leaf), platform::page_size);
  if (fresh == nullptr) {
    return nullptr;
  }
  auto* mine = reinterpret_cast<leaf*>(fresh);                                             // zero pages: all entries 0
  if (!root[p.in_root].compare_exchange_strong(present, mine, base::memory_order_acq_rel,  // sync: address-leaf
                                               base::memory_order_acquire)) {
    platform::release_memory(fresh, sizeof(leaf));
    return present;
  }
  return mine;
}

void write_entries(const chunk& c, entry value) noexcept {
  const auto begin = reinterpret_cast<std::uintptr_t>(c.base);
  for (std::uintptr_t address = begin; address < begin + c.bytes(); address += granule_size) {
    const position p = position_of(address);
    leaf& l = *root[p.in_root].load(base::memory_order_acquire);  // sync: address-leaf
    l[p.in_leaf].store(value, base::memory_order_release);        // sync: address-entry
  }
}

}  // namespace

place find_place(const std::byte* address) noexcept {
  const position p = position_of(reinterpret_cast<std::uintptr_t>(address));
  if (p.in_root >= root.size()) {
    return {};
  }
  const leaf* l = root[p.in_root].load(base::memory_order_acquire);  // sync: address-leaf
  if (l == nullptr) {
    return {};
  }
  const entry found = (*l)[p.in_leaf].load(base::memory_order_acquire);  // sync: address-entry
  return {reinterpret_cast<chunk*>(found & ~class_mask), static_cast<size_class>(found & class_mask)};
}

bool enter_chunk(chunk& c) noexcept {
  const auto begin = reinterpret_cast<std::uintptr_t>(c.base);
  for (std::uintptr_t address = begin; address < begin + c.bytes(); address += granule_size) {
    if (leaf_for(position_of(address)) == nullptr) {
      return false;
    }
  }
  write_entries(c, reinterpret_cast<entry>(&c) | c.size);
  return true;
}

void leave_chunk(const chunk& c) noexcept { write_entries(c, 0); }

}  // namespace goro::stack
