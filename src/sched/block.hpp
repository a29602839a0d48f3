// Small blocks of memory for what comes and goes as often as goroutines do: their records, timers. From the caches of
// the caller's processor (launch_pool.hpp), or from operator new what is too large for them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

#include "goro/detail/config.hpp"
#include "sched/inside.hpp"
#include "sched/launch_pool.hpp"

namespace goro::sched {

// In a race build blocks come from operator new: ThreadSanitizer then knows where one object ends and the next begins.
// Blocks of the pool go round unseen, and the closures of two goroutines that followed each other in one would look
// like a race.
#if GORO_WITH_TSAN && !defined(GORO_RACE_SELF)
inline constexpr bool blocks_are_pooled = false;
#else
inline constexpr bool blocks_are_pooled = true;
#endif

// Which class of blocks serves; to be kept for give_block_of.
constexpr std::uint8_t block_class_for(std::size_t size, std::size_t alignment) noexcept {
  return blocks_are_pooled ? launch_class_for(size, alignment) : launch_large;
}

// Throws std::bad_alloc.
inline void* take_block_of(std::uint8_t size_class, std::size_t size, std::size_t alignment) {
  if (size_class == launch_large) {
    return ::operator new(size, std::align_val_t{alignment});
  }
  void* block = nullptr;
  const inside_runtime section;
  if (processor* p = section.held()) {
    block = p->launches.take(size_class);
  } else {
    launch_pool_take(size_class, &block, 1);
  }
  if (block == nullptr) {
    throw std::bad_alloc{};
  }
  return block;
}

inline void give_block_of(void* block, std::uint8_t size_class, std::size_t alignment) noexcept {
  if (size_class == launch_large) {
    ::operator delete(block, std::align_val_t{alignment});
    return;
  }
  const inside_runtime section;
  if (processor* p = section.held()) {
    p->launches.give(size_class, block);
  } else {
    launch_pool_give(size_class, &block, 1);
  }
}

// The same for those who know the size anyway.
inline void* take_block(std::size_t size, std::size_t alignment) {
  return take_block_of(block_class_for(size, alignment), size, alignment);
}
inline void give_block(void* block, std::size_t size, std::size_t alignment) noexcept {
  give_block_of(block, block_class_for(size, alignment), alignment);
}

}  // namespace goro::sched
