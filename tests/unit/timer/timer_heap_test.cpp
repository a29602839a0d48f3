#include "timer/timer_heap.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "base/random.hpp"

namespace goro::timer {
namespace {

TEST(TimerHeap, IsEmptyAtFirst) {
  timer_heap heap;
  EXPECT_TRUE(heap.empty());
  EXPECT_EQ(heap.earliest(), base::never);
  EXPECT_EQ(heap.pop_due(base::never), nullptr);
  EXPECT_EQ(heap.pop_any(), nullptr);
}

TEST(TimerHeap, ReturnsWhatIsDueEarliestFirst) {
  timer_heap heap;
  entry late{.when = 30}, early{.when = 10}, middle{.when = 20};
  heap.insert(late);
  heap.insert(early);
  heap.insert(middle);
  EXPECT_EQ(heap.earliest(), 10);
  EXPECT_EQ(heap.pop_due(9), nullptr);
  EXPECT_EQ(heap.pop_due(20), &early);
  EXPECT_FALSE(early.pending());
  EXPECT_EQ(heap.pop_due(20), &middle);
  EXPECT_EQ(heap.pop_due(20), nullptr);
  EXPECT_TRUE(late.pending());
  EXPECT_TRUE(heap.remove(late));
}

TEST(TimerHeap, RemovesOnlyItsOwnEntries) {
  timer_heap one, other;
  entry mine{.when = 1}, foreign{.when = 1};
  one.insert(mine);
  other.insert(foreign);
  EXPECT_FALSE(one.remove(foreign));
  EXPECT_TRUE(foreign.pending());
  EXPECT_TRUE(one.remove(mine));
  EXPECT_FALSE(one.remove(mine));
  EXPECT_TRUE(other.remove(foreign));
}

TEST(TimerHeap, MovesElsewhereByPopAny) {
  timer_heap from, to;
  std::vector<entry> entries(100);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i].when = static_cast<base::nanoseconds>(i * 37 % 100);
    from.insert(entries[i]);
  }
  while (entry* e = from.pop_any()) {
    to.insert(*e);
  }
  EXPECT_TRUE(from.empty());
  EXPECT_EQ(to.size(), entries.size());
  to.check_invariants();
}

// Random inserts, removals and expiries, compared with a sorted map at every step.
TEST(TimerHeap, AgreesWithASortedMap) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    base::random random(seed);
    timer_heap heap;
    std::vector<entry> entries(3000);
    std::multimap<base::nanoseconds, entry*> model;
    for (int step = 0; step < 20'000; ++step) {
      entry& e = entries[random.below(static_cast<std::uint32_t>(entries.size()))];
      if (e.pending()) {
        ASSERT_TRUE(heap.remove(e));
        const auto [begin, end] = model.equal_range(e.when);
        model.erase(std::find_if(begin, end, [&](const auto& item) { return item.second == &e; }));
      } else if (random.below(4) != 0) {
        e.when = random.below(1000);  // many equal ones
        heap.insert(e);
        model.emplace(e.when, &e);
      } else if (entry* due = heap.pop_due(random.below(1000))) {
        ASSERT_EQ(due->when, model.begin()->first);
        const auto [begin, end] = model.equal_range(due->when);
        model.erase(std::find_if(begin, end, [&](const auto& item) { return item.second == due; }));
      }
      ASSERT_EQ(heap.size(), model.size());
      ASSERT_EQ(heap.earliest(), model.empty() ? base::never : model.begin()->first);
    }
    heap.check_invariants();
  }
}

TEST(TimerHeap, SortsHundredThousand) {
  base::random random(7);
  timer_heap heap;
  std::vector<entry> entries(100'000);
  for (entry& e : entries) {
    e.when = random.next();
    heap.insert(e);
  }
  base::nanoseconds last = 0;
  std::size_t count = 0;
  while (entry* e = heap.pop_due(base::never)) {
    ASSERT_GE(e->when, last);
    last = e->when;
    ++count;
  }
  EXPECT_EQ(count, entries.size());
}

}  // namespace
}  // namespace goro::timer
