// Memory for launch records: small blocks in a few sizes, cached per processor, cut from 64 KiB chunks.
//
// A goroutine that waits to run for the first time is nothing but such a record. Blocks move between processors through
// the central pool in batches; a chunk whose blocks are all back is given to the system by trim().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "sched/runnable.hpp"

namespace goro::sched {

// Larger or over-aligned records come from operator new (class `large`). A block is aligned to what its size is a
// multiple of.
inline constexpr std::size_t launch_block_sizes[] = {64, 96, 128, 192, 256, 512};
inline constexpr std::size_t launch_size_classes = std::size(launch_block_sizes);
inline constexpr std::uint8_t launch_large = 255;

constexpr std::uint8_t launch_class_for(std::size_t size, std::size_t alignment) noexcept {
  if (alignment > 64) {
    return launch_large;
  }
  for (std::uint8_t c = 0; c < launch_size_classes; ++c) {
    if (size <= launch_block_sizes[c] && launch_block_sizes[c] % alignment == 0) {
      return c;
    }
  }
  return launch_large;
}
constexpr std::size_t launch_block_size(std::uint8_t size_class) noexcept { return launch_block_sizes[size_class]; }

// Central pool; any thread. take returns how many blocks it could get (fewer, down to none, when memory ends).
std::size_t launch_pool_take(std::uint8_t size_class, void** blocks, std::size_t count) noexcept;
void launch_pool_give(std::uint8_t size_class, void* const* blocks, std::size_t count) noexcept;
// Returns chunks that hold no record to the system.
void launch_pool_trim() noexcept;

// A processor's own blocks. Not thread-safe.
class launch_cache {
 public:
  void* take(std::uint8_t size_class) noexcept {
    magazine& m = magazines_[size_class];
    if (m.count == 0) [[unlikely]] {
      m.count = launch_pool_take(size_class, m.blocks.data(), batch);
      if (m.count == 0) {
        return nullptr;
      }
    }
    return m.blocks[--m.count];
  }

  void give(std::uint8_t size_class, void* block) noexcept {
    magazine& m = magazines_[size_class];
    if (m.count == capacity) [[unlikely]] {
      m.count -= batch;
      launch_pool_give(size_class, m.blocks.data() + m.count, batch);
    }
    m.blocks[m.count++] = block;
  }

  void clear() noexcept;

 private:
  static constexpr std::size_t capacity = 128;
  static constexpr std::size_t batch = 64;

  struct magazine {
    std::size_t count = 0;
    std::array<void*, capacity> blocks;
  };
  std::array<magazine, launch_size_classes> magazines_{};
};

}  // namespace goro::sched
