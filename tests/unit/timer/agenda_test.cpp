#include "timer/agenda.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "base/random.hpp"

namespace goro::timers {
namespace {

entry* pop_due(agenda& a, base::nanoseconds now) {
  entry* e = a.due(now);
  if (e != nullptr) {
    EXPECT_TRUE(a.remove(*e));
  }
  return e;
}

TEST(Agenda, IsEmptyAtFirst) {
  agenda a;
  EXPECT_EQ(a.size(), 0U);
  EXPECT_EQ(a.earliest(), base::never);
  EXPECT_EQ(pop_due(a, base::never), nullptr);
}

TEST(Agenda, ReturnsWhatIsDueEarliestFirst) {
  agenda a;
  entry late{.when = 30}, early{.when = 10}, middle{.when = 20};
  for (entry* e : {&late, &early, &middle}) {
    a.insert(*e);
  }
  EXPECT_EQ(a.earliest(), 10);
  EXPECT_EQ(pop_due(a, 9), nullptr);
  EXPECT_EQ(pop_due(a, 20), &early);
  EXPECT_FALSE(early.pending());
  EXPECT_EQ(pop_due(a, 20), &middle);
  EXPECT_EQ(pop_due(a, 20), nullptr);
  EXPECT_TRUE(late.pending());
  EXPECT_TRUE(a.remove(late));
  EXPECT_FALSE(a.remove(late));
}

TEST(Agenda, APostponedEntryIsDueAtItsNewTime) {
  agenda a;
  entry moved{.when = 10}, other{.when = 20};
  a.insert(moved);
  a.insert(other);
  a.move(moved, 25);
  EXPECT_EQ(pop_due(a, 19), nullptr);
  EXPECT_EQ(pop_due(a, 30), &other);
  EXPECT_EQ(pop_due(a, 30), &moved);
}

TEST(Agenda, AnEntryMovedForwardIsDueEarlier) {
  agenda a;
  entry moved{.when = 100}, other{.when = 20};
  a.insert(moved);
  a.insert(other);
  a.move(moved, 10);
  EXPECT_EQ(a.earliest(), 10);
  EXPECT_EQ(pop_due(a, 30), &moved);
}

TEST(Agenda, WhatIsNeverDueIsNotKept) {
  agenda a;
  entry never{.when = base::never}, later{.when = 5};
  a.insert(never);
  EXPECT_FALSE(never.pending());
  a.insert(later);
  a.move(later, base::never);
  EXPECT_EQ(pop_due(a, base::never - 1), nullptr);
  EXPECT_EQ(a.earliest(), base::never);
}

// Deadlines that a workload likes, so that all containers come to use.
base::nanoseconds some_deadline(base::random& random, base::nanoseconds clock) {
  static constexpr base::nanoseconds durations[] = {10, 50, 1000, 30'000};
  switch (random.below(4)) {
    case 0:
      return clock + random.below(2000);
    case 1:
      return clock - random.below(20);  // overdue
    default:
      return clock + durations[random.below(4)];
  }
}

// Random inserts, removals, moves and expiries, compared with a sorted map at every step.
TEST(Agenda, AgreesWithASortedMap) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    base::random random(seed);
    agenda a;
    std::vector<entry> entries(3000);
    std::multimap<base::nanoseconds, entry*> model;
    const auto forget = [&model](const entry* e, base::nanoseconds when) {
      const auto [begin, end] = model.equal_range(when);
      model.erase(std::find_if(begin, end, [e](const auto& item) { return item.second == e; }));
    };
    base::nanoseconds clock = 1000;
    for (int step = 0; step < 20'000; ++step) {
      entry& e = entries[random.below(static_cast<std::uint32_t>(entries.size()))];
      const base::nanoseconds when = some_deadline(random, clock);
      if (!e.pending()) {
        e.when = when;
        a.insert(e);
        model.emplace(when, &e);
      } else if (random.below(2) == 0) {
        forget(&e, e.when);
        a.move(e, when);
        model.emplace(when, &e);
      } else {
        forget(&e, e.when);
        ASSERT_TRUE(a.remove(e));
      }
      clock += random.below(8);
      if (random.below(3) == 0) {
        if (const entry* due = pop_due(a, clock)) {
          ASSERT_EQ(due->when, model.begin()->first);
          forget(due, due->when);
        } else {
          ASSERT_TRUE(model.empty() || model.begin()->first > clock);
        }
      }
      ASSERT_EQ(a.size(), model.size());
      ASSERT_LE(a.earliest(), model.empty() ? base::never : model.begin()->first);
    }
    a.check_invariants();
  }
}

TEST(Agenda, SortsHundredThousandRandomOnes) {
  base::random random(7);
  agenda a;
  std::vector<entry> entries(100'000);
  for (entry& e : entries) {
    e.when = static_cast<base::nanoseconds>(random.next() >> 1);
    a.insert(e);
  }
  a.check_invariants();
  base::nanoseconds last = 0;
  std::size_t count = 0;
  while (const entry* e = pop_due(a, base::never - 1)) {
    ASSERT_GE(e->when, last);
    last = e->when;
    ++count;
  }
  EXPECT_EQ(count, entries.size());
}

}  // namespace
}  // namespace goro::timers
