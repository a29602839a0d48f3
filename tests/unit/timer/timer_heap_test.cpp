#include "timer/timer_heap.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "base/random.hpp"

namespace goro::timers {
namespace {

entry& pop_front(timer_heap& heap) {
  entry& e = heap.front();
  heap.remove(e);
  return e;
}

TEST(TimerHeap, IsEmptyAtFirst) {
  const timer_heap heap;
  EXPECT_TRUE(heap.empty());
  EXPECT_EQ(heap.earliest(), base::never);
}

TEST(TimerHeap, ReturnsTheEarliestFirst) {
  timer_heap heap;
  entry late{.when = 30}, early{.when = 10}, middle{.when = 20};
  for (entry* e : {&late, &early, &middle}) {
    heap.insert(*e);
  }
  EXPECT_EQ(heap.earliest(), 10);
  EXPECT_EQ(&pop_front(heap), &early);
  EXPECT_EQ(&pop_front(heap), &middle);
  EXPECT_EQ(&pop_front(heap), &late);
  EXPECT_TRUE(heap.empty());
}

TEST(TimerHeap, KeepsAPostponedEntryWhereItStood) {
  timer_heap heap;
  entry first{.when = 10}, second{.when = 20};
  heap.insert(first);
  heap.insert(second);
  first.when = 30;
  heap.check_invariants();
  EXPECT_EQ(heap.earliest(), 10);
  EXPECT_EQ(heap.standing(first), 10);
  EXPECT_EQ(&pop_front(heap), &first);
}

TEST(TimerHeap, SortsHundredThousandWithRemovals) {
  base::random random(7);
  timer_heap heap;
  std::vector<entry> entries(100'000);
  for (entry& e : entries) {
    e.when = random.below(50'000);
    heap.insert(e);
  }
  for (std::size_t i = 0; i < entries.size(); i += 3) {
    heap.remove(entries[i]);
  }
  heap.check_invariants();
  base::nanoseconds last = 0;
  std::size_t count = 0;
  while (!heap.empty()) {
    const entry& e = pop_front(heap);
    ASSERT_GE(e.when, last);
    last = e.when;
    ++count;
  }
  EXPECT_EQ(count, entries.size() - (entries.size() + 2) / 3);
}

}  // namespace
}  // namespace goro::timers
