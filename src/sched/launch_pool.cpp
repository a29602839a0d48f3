// Invariants, under the pool's lock:
//   a chunk is in `partial` of its class exactly when it has free blocks and blocks in use;
//   a chunk without blocks in use is in `empty` (any class may take it); a full chunk is in no list.
#include "sched/launch_pool.hpp"

#include "base/lock.hpp"
#include "platform/os.hpp"

namespace goro::sched {
namespace {

constexpr std::size_t chunk_size = std::size_t{64} << 10;
constexpr std::size_t empty_chunks_kept = 64;  // 4 MiB; trim() returns the rest

struct free_block {
  free_block* next;
};

struct chunk {
  chunk* next;
  chunk* previous;
  free_block* free;
  std::uint32_t used;
  std::uint32_t untouched;  // offset of the first block never handed out: a new chunk is not walked
  std::uint8_t size_class;

  static constexpr std::size_t first_block = 64;  // and the largest alignment
  static chunk& of(void* block) noexcept {
    return *reinterpret_cast<chunk*>(reinterpret_cast<std::uintptr_t>(block) & ~(chunk_size - 1));
  }
  bool has_free() const noexcept { return free != nullptr || untouched + launch_block_size(size_class) <= chunk_size; }
};
static_assert(sizeof(chunk) <= chunk::first_block);

struct chunk_list {
  chunk* head = nullptr;
  void push(chunk& c) noexcept {
    c.previous = nullptr;
    c.next = head;
    if (head != nullptr) {
      head->previous = &c;
    }
    head = &c;
  }
  void remove(chunk& c) noexcept {
    (c.previous != nullptr ? c.previous->next : head) = c.next;
    if (c.next != nullptr) {
      c.next->previous = c.previous;
    }
  }
};

struct pool {
  base::lock lock{base::lock_rank::launch_pool};
  chunk_list partial[launch_size_classes];
  chunk_list empty;
  std::size_t empty_count = 0;
};
constinit pool the_pool;

chunk* chunk_with_free_block(std::uint8_t size_class) noexcept {
  if (chunk* c = the_pool.partial[size_class].head) {
    return c;
  }
  chunk* c = the_pool.empty.head;
  if (c != nullptr) {
    the_pool.empty.remove(*c);
    --the_pool.empty_count;
  } else {
    c = reinterpret_cast<chunk*>(platform::reserve_memory(chunk_size, chunk_size));
    if (c == nullptr) {
      return nullptr;
    }
  }
  *c = chunk{nullptr, nullptr, nullptr, 0, chunk::first_block, size_class};
  the_pool.partial[size_class].push(*c);
  return c;
}

void* take_block(chunk& c) noexcept {
  void* block;
  if (c.free != nullptr) {
    block = c.free;
    c.free = c.free->next;
  } else {
    block = reinterpret_cast<std::byte*>(&c) + c.untouched;
    c.untouched += static_cast<std::uint32_t>(launch_block_size(c.size_class));
  }
  ++c.used;
  if (!c.has_free()) {
    the_pool.partial[c.size_class].remove(c);
  }
  return block;
}

void give_block(void* block) noexcept {
  chunk& c = chunk::of(block);
  if (!c.has_free()) {
    the_pool.partial[c.size_class].push(c);
  }
  c.free = ::new (block) free_block{c.free};
  if (--c.used == 0) {
    the_pool.partial[c.size_class].remove(c);
    the_pool.empty.push(c);
    ++the_pool.empty_count;
  }
}

}  // namespace

std::size_t launch_pool_take(std::uint8_t size_class, void** blocks, std::size_t count) noexcept {
  const base::lock_guard hold(the_pool.lock);
  for (std::size_t i = 0; i < count; ++i) {
    chunk* c = chunk_with_free_block(size_class);
    if (c == nullptr) {
      return i;
    }
    blocks[i] = take_block(*c);
  }
  return count;
}

void launch_pool_give(std::uint8_t, void* const* blocks, std::size_t count) noexcept {
  const base::lock_guard hold(the_pool.lock);
  for (std::size_t i = 0; i < count; ++i) {
    give_block(blocks[i]);
  }
}

void launch_pool_trim() noexcept {
  for (;;) {
    chunk* c = nullptr;
    {
      const base::lock_guard hold(the_pool.lock);
      if (the_pool.empty_count <= empty_chunks_kept) {
        return;
      }
      c = the_pool.empty.head;
      the_pool.empty.remove(*c);
      --the_pool.empty_count;
    }
    platform::release_memory(reinterpret_cast<std::byte*>(c), chunk_size);
  }
}

void launch_cache::clear() noexcept {
  for (std::uint8_t c = 0; c < launch_size_classes; ++c) {
    launch_pool_give(c, magazines_[c].blocks.data(), magazines_[c].count);
    magazines_[c].count = 0;
  }
}

}  // namespace goro::sched
