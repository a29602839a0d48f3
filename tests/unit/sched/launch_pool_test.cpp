#include "sched/launch_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "platform/faults.hpp"

namespace goro::sched {
namespace {

constexpr auto largest = static_cast<std::uint8_t>(launch_size_classes - 1);

TEST(LaunchPool, TheSmallestClassThatFitsIsTaken) {
  for (std::size_t size = 1; size <= launch_block_size(largest); ++size) {
    const std::uint8_t c = launch_class_for(size, 16);
    ASSERT_NE(c, launch_large);
    EXPECT_GE(launch_block_size(c), size);
    if (c > 0) {
      EXPECT_LT(launch_block_size(c - 1), size);
    }
  }
  EXPECT_EQ(launch_class_for(launch_block_size(largest) + 1, 8), launch_large);
  EXPECT_EQ(launch_class_for(80, 64), launch_class_for(128, 8)) << "a block of 96 bytes is not aligned enough";
  EXPECT_EQ(launch_class_for(64, 128), launch_large);
}

TEST(LaunchPool, BlocksAreDistinctAlignedAndAllTheirOwn) {
  for (std::uint8_t c = 0; c < launch_size_classes; ++c) {
    const std::size_t size = launch_block_size(c);
    std::vector<void*> blocks(3000);
    ASSERT_EQ(launch_pool_take(c, blocks.data(), blocks.size()), blocks.size());
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(blocks[i]) % 16, 0U);
      std::memset(blocks[i], static_cast<int>(i % 251), size);
    }
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const auto* bytes = static_cast<const unsigned char*>(blocks[i]);
      for (std::size_t b = 0; b < size; ++b) {
        ASSERT_EQ(bytes[b], i % 251);
      }
    }
    launch_pool_give(c, blocks.data(), blocks.size());
  }
}

// A chunk whose blocks are all back serves another size, so the address space is bounded by the peak, not by the sum of
// classes.
TEST(LaunchPool, EmptyChunksServeOtherClasses) {
  constexpr std::size_t n = 2000;
  std::vector<void*> blocks(n);
  ASSERT_EQ(launch_pool_take(largest, blocks.data(), n), n);
  std::set<std::uintptr_t> chunks;
  for (void* b : blocks) {
    chunks.insert(reinterpret_cast<std::uintptr_t>(b) >> 16);
  }
  launch_pool_give(largest, blocks.data(), n);
  std::vector<void*> small(n);
  ASSERT_EQ(launch_pool_take(0, small.data(), n), n);
  std::size_t reused = 0;
  for (void* b : small) {
    reused += chunks.count(reinterpret_cast<std::uintptr_t>(b) >> 16);
  }
  EXPECT_GT(reused, n / 2);  // not all: a chunk of this class may have had blocks left
  launch_pool_give(0, small.data(), n);
  launch_pool_trim();
}

TEST(LaunchPool, SaysHowFarItGotWhenMemoryIsRefused) {
  std::vector<void*> blocks(100'000);
  platform::deny(platform::service::reserve);
  const std::size_t got = launch_pool_take(largest, blocks.data(), blocks.size());
  platform::allow(platform::service::reserve);
  EXPECT_LT(got, blocks.size());  // what was there already
  launch_pool_give(largest, blocks.data(), got);
  ASSERT_EQ(launch_pool_take(largest, blocks.data(), 200), 200U);  // and it recovers
  launch_pool_give(largest, blocks.data(), 200);
}

TEST(LaunchPool, CachesTakeAndGiveInBatches) {
  launch_cache cache;
  std::set<void*> out;
  for (int i = 0; i < 1000; ++i) {
    void* block = cache.take(1);
    ASSERT_NE(block, nullptr);
    EXPECT_TRUE(out.insert(block).second) << "given twice";
  }
  for (void* block : out) {
    cache.give(1, block);
  }
  void* hot = cache.take(1);
  cache.give(1, hot);
  EXPECT_EQ(cache.take(1), hot);  // last in, first out
  cache.give(1, hot);
  cache.clear();
}

// Blocks wander: taken by one thread's cache, given by another's.
TEST(LaunchPool, BlocksMayEndOnAnotherThread) {
  constexpr int rounds = 20'000;
  constexpr std::size_t slots = 64;
  std::vector<std::atomic<void*>> mailbox(slots);
  const auto trade = [&](std::uint64_t seed) {
    launch_cache cache;
    std::uint64_t state = seed;
    for (int i = 0; i < rounds; ++i) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      void* mine = cache.take(2);
      ASSERT_NE(mine, nullptr);
      std::memset(mine, static_cast<int>(seed), launch_block_size(2));
      if (void* theirs = mailbox[(state >> 33) % slots].exchange(mine, std::memory_order_acq_rel)) {
        const auto* bytes = static_cast<const unsigned char*>(theirs);
        ASSERT_EQ(bytes[0], bytes[launch_block_size(2) - 1]);
        cache.give(2, theirs);
      }
    }
    cache.clear();
  };
  std::vector<std::thread> threads;
  for (std::uint64_t t = 1; t <= 4; ++t) {
    threads.emplace_back(trade, t);
  }
  for (auto& t : threads) {
    t.join();
  }
  for (auto& slot : mailbox) {
    if (void* block = slot.load()) {
      launch_pool_give(2, &block, 1);
    }
  }
}

}  // namespace
}  // namespace goro::sched
