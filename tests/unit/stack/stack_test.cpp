#include "stack/stack.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

#include "base/random.hpp"
#include "platform/faults.hpp"
#include "stack/arena.hpp"

namespace goro::stack {
namespace {

std::size_t taken() { return arena_statistics().slots_taken; }

void check_all() {
  for (size_class c = 0; c < size_classes; ++c) {
    arena_of(c).check_invariants();
  }
}

TEST(SizeClass, GivesAtLeastWhatIsAsked) {
  for (std::size_t usable = 1; usable < largest_size; usable = usable * 3 / 2 + 1) {
    const auto [possible, chosen] = class_for(usable);
    if (!possible) {
      EXPECT_GT(usable, largest_size - guard_size - 1024);
      continue;
    }
    EXPECT_GE(slot_size(chosen), usable + guard_size);
    if (chosen > 0) {
      EXPECT_LT(slot_size(static_cast<size_class>(chosen - 1)), usable + guard_size + 1024) << "too large a class";
    }
  }
}

TEST(SizeClass, BeyondTheLargestIsImpossible) {
  EXPECT_FALSE(class_for(largest_size).possible);
  EXPECT_FALSE(class_for(SIZE_MAX).possible);
  EXPECT_EQ(slot_size(default_class), default_size);
}

TEST(Stack, EveryClassIsUsableFromLimitToTop) {
  for (size_class c = 0; c < size_classes; ++c) {
    const slot s = take(c);
    ASSERT_TRUE(s) << int{c};
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(s.base) % slot_size(c), 0U) << "aligned to itself";
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(s.top()) % 64, 0U);
    EXPECT_LE(s.top(), s.base + slot_size(c));
    EXPECT_GE(s.top(), s.base + slot_size(c) - 1024);
    *s.limit() = std::byte{1};
    s.top()[-1] = std::byte{1};
    give_back(s);
  }
  check_all();
}

TEST(Stack, SlotsDoNotOverlap) {
  std::vector<slot> slots;
  std::set<std::byte*> bases;
  for (int i = 0; i < 3000; ++i) {
    slots.push_back(take(default_class));
    ASSERT_TRUE(bases.insert(slots.back().base).second);
  }
  for (auto it = bases.begin(); std::next(it) != bases.end(); ++it) {
    EXPECT_GE(*std::next(it) - *it, static_cast<std::ptrdiff_t>(default_size));
  }
  EXPECT_EQ(taken(), 3000U);
  for (const slot s : slots) {
    give_back(s);
  }
  EXPECT_EQ(taken(), 0U);
  check_all();
}

TEST(Stack, NeighboursHaveDifferentColours) {
  std::vector<std::byte*> bases(64);
  ASSERT_EQ(take_many(default_class, bases.data(), bases.size()), bases.size());
  std::set<std::uintptr_t> lines;
  for (std::byte* base : bases) {
    lines.insert(reinterpret_cast<std::uintptr_t>(slot{base, default_class}.top()) % 4096);
  }
  EXPECT_EQ(lines.size(), 16U);
  give_back_many(default_class, bases.data(), bases.size());
}

TEST(Stack, AUsedSlotIsPreferredToAnUntouchedOne) {
  const slot first = take(default_class);
  give_back(first);
  const slot again = take(default_class);
  EXPECT_EQ(first.base, again.base);
  give_back(again);
}

TEST(Stack, TellsGuardsFromStacks) {
  for (const size_class c : {size_class{0}, default_class, size_class{8}}) {
    const slot s = take(c);
    EXPECT_TRUE(in_guard(s.base));
    EXPECT_TRUE(in_guard(s.limit() - 1));
    EXPECT_FALSE(in_guard(s.limit()));
    EXPECT_FALSE(in_guard(s.top() - 1));
    give_back(s);
  }
  int local = 0;
  EXPECT_FALSE(in_guard(reinterpret_cast<std::byte*>(&local)));
  EXPECT_FALSE(in_guard(nullptr));
  EXPECT_FALSE(in_guard(reinterpret_cast<std::byte*>(UINTPTR_MAX)));
}

TEST(Stack, RefusedMemoryGivesNull) {
  platform::deny(platform::service::reserve);
  std::vector<slot> slots;
  while (const slot s = take(default_class)) {  // what is reserved already
    slots.push_back(s);
  }
  platform::allow(platform::service::reserve);
  for (const slot s : slots) {
    give_back(s);
  }
  const slot after = take(default_class);
  EXPECT_TRUE(after);
  give_back(after);
  check_all();
}

TEST(StackCache, TakesAndGivesManyMoreThanItHolds) {
  stack_cache cache;
  std::vector<slot> slots;
  for (int i = 0; i < 1000; ++i) {
    slots.push_back(cache.pop());
    ASSERT_TRUE(slots.back());
  }
  const slot large = take(default_class + 2);
  for (const slot s : slots) {
    cache.push(s);
  }
  cache.push(large);  // not of the cached class
  const slot hot = cache.pop();
  EXPECT_EQ(hot.base, slots.back().base) << "last in, first out";
  cache.push(hot);
  EXPECT_LE(taken(), 64U);
  cache.clear();
  EXPECT_EQ(taken(), 0U);
  check_all();
}

TEST(Stack, RandomUseByManyThreadsKeepsTheBooks) {
  std::vector<std::thread> threads;
  for (std::uint64_t t = 1; t <= 4; ++t) {
    threads.emplace_back([t] {
      base::random random(t);
      std::vector<slot> mine;
      for (int step = 0; step < 4000; ++step) {
        if (random.below(100) < 48 + 4 * (step / 1000 % 2 == 0 ? 1U : 0U) && mine.size() < 500) {
          const slot s = take(static_cast<size_class>(random.below(5)));
          ASSERT_TRUE(s);
          std::uint64_t stamp = t << 32 | static_cast<unsigned>(step);
          std::memcpy(s.top() - sizeof(stamp), &stamp, sizeof(stamp));
          mine.push_back(s);
        } else if (!mine.empty()) {
          std::swap(mine[random.below(static_cast<std::uint32_t>(mine.size()))], mine.back());
          std::uint64_t stamp = 0;
          std::memcpy(&stamp, mine.back().top() - sizeof(stamp), sizeof(stamp));
          ASSERT_EQ(stamp >> 32, t) << "another thread wrote to this stack, or its pages vanished";
          give_back(mine.back());
          mine.pop_back();
        }
        if (random.below(200) == 0) {
          scavenge(50);
        }
      }
      for (const slot s : mine) {
        give_back(s);
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(taken(), 0U);
  check_all();
  while (scavenge(1000)) {
  }
  check_all();
  EXPECT_EQ(arena_statistics().slots_free_dirty, 0U);
}

}  // namespace
}  // namespace goro::stack
