#include "stack/stack.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
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

bool first_page_is_there(const slot& s) {
  auto* page = s.base + slot_size(s.size) - 4096;
  unsigned char resident = 0;
  EXPECT_EQ(::mincore(page, 4096, &resident), 0);
  return (resident & 1) != 0;
}

TEST(StackCache, MakesTheFirstPageOfTheStackThatIsNext) {
  if (GORO_WITH_ASAN || GORO_WITH_TSAN) {
    GTEST_SKIP() << "nobody may write there yet";
  }
  while (scavenge(10'000)) {
  }
  stack_cache cache;
  const slot first = cache.pop();
  ASSERT_FALSE(first_page_is_there(first)) << "or this tests nothing";
  cache.prepare_next();
  cache.prepare_next();  // once is enough
  const slot second = cache.pop();
  EXPECT_TRUE(first_page_is_there(second));
  const slot third = cache.pop();
  EXPECT_FALSE(first_page_is_there(third)) << "one at a time: pages are dear";
  cache.push(third);  // used here, so its page is no matter any more
  cache.prepare_next();
  EXPECT_FALSE(first_page_is_there(third));
  cache.push(second);
  cache.push(first);
  cache.clear();
  cache.prepare_next();  // there is none
}

// So many that a chunk of full size had to be made, whose first slot is the last of them.
std::vector<slot> take_until_the_newest_chunk_is_large() {
  std::vector<slot> slots;
  stacks_ahead_state = stacks_ahead::none;
  while (stacks_ahead_state != stacks_ahead::wanted && slots.size() < 10'000) {
    slots.push_back(take(default_class));
  }
  return slots;
}

void give_all_back(const std::vector<slot>& slots) {
  for (const slot s : slots) {
    give_back(s);
  }
  while (scavenge(10'000)) {
  }
  check_all();
}

TEST(StacksAhead, HaveTheirGuardAndFirstPage) {
  if (guards_in_use() != guard_kind::kernel || GORO_WITH_TSAN) {
    GTEST_SKIP() << "guards of other kinds cost map entries; sanitizers say who may write there";
  }
  give_all_back({});
  std::vector<slot> slots = take_until_the_newest_chunk_is_large();
  ASSERT_EQ(stacks_ahead_state, stacks_ahead::wanted);
  EXPECT_FALSE(prepare_ahead()) << "nobody has asked";
  stacks_ahead_state = stacks_ahead::asked;
  while (prepare_ahead()) {
    check_all();
  }
  EXPECT_EQ(stacks_ahead_state, stacks_ahead::none);
  const std::size_t ahead = arena_statistics().slots_free_dirty;
  EXPECT_EQ(ahead, largest_chunk_slots - 1);
  for (std::size_t i = 0; i < ahead; ++i) {
    slots.push_back(take(default_class));
    ASSERT_TRUE(first_page_is_there(slots.back()));
    std::array<char, 16> text{};
    EXPECT_LT(::readlink("/proc/self/exe", reinterpret_cast<char*>(slots.back().base), text.size()), 0) << "no guard";
  }
  EXPECT_EQ(arena_statistics().slots_free_dirty, 0U);
  give_all_back(slots);
}

TEST(StacksAhead, AreForgottenWithTheirChunk) {
  if (guards_in_use() != guard_kind::kernel) {
    GTEST_SKIP() << "guards of other kinds cost map entries";
  }
  give_all_back(take_until_the_newest_chunk_is_large());
  stacks_ahead_state = stacks_ahead::asked;
  while (prepare_ahead()) {
    check_all();
  }
  give_all_back({});
}

// One thread as sysmon is; the others take and give.
TEST(StacksAhead, GetInNobodysWay) {
  std::atomic<bool> stop{false};
  std::thread monitor([&] {
    while (!stop) {
      stacks_ahead_state = stacks_ahead::asked;
      while (prepare_ahead()) {
      }
      scavenge(300);
    }
  });
  std::vector<std::thread> takers;
  for (int t = 0; t < 3; ++t) {
    takers.emplace_back([] {
      for (int round = 0; round < 20; ++round) {
        std::vector<slot> slots;
        for (int i = 0; i < 400; ++i) {
          slots.push_back(take(default_class));
          ASSERT_TRUE(slots.back());
          *slots.back().limit() = std::byte{1};
          slots.back().top()[-1] = std::byte{1};
        }
        for (const slot s : slots) {
          ASSERT_EQ(*s.limit(), std::byte{1}) << "somebody else has it too";
          give_back(s);
        }
      }
    });
  }
  for (std::thread& t : takers) {
    t.join();
  }
  stop = true;
  monitor.join();
  give_all_back({});
  EXPECT_EQ(taken(), 0U);
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
