#include "timer/lane.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <vector>

#include "base/random.hpp"

namespace goro::timers {
namespace {

TEST(Lane, IsEmptyAtFirst) {
  const lane l;
  EXPECT_TRUE(l.empty());
  EXPECT_EQ(l.first(), base::never);
  EXPECT_EQ(l.last(), INT64_MIN);
}

TEST(Lane, ReturnsFirstInFirstOut) {
  lane l;
  std::vector<entry> entries(100);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i].when = static_cast<base::nanoseconds>(i / 10);  // equal ones too
    l.push_back(entries[i]);
  }
  EXPECT_EQ(l.first(), 0);
  EXPECT_EQ(l.last(), 9);
  for (entry& e : entries) {
    EXPECT_EQ(&l.front(), &e);
    l.remove(e);
  }
  EXPECT_TRUE(l.empty());
}

TEST(Lane, KnowsItsEndsAfterRemovalsThere) {
  lane l;
  std::vector<entry> entries(10);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i].when = static_cast<base::nanoseconds>(i);
    l.push_back(entries[i]);
  }
  l.remove(entries[8]);
  l.remove(entries[1]);
  l.remove(entries[9]);
  l.remove(entries[0]);
  EXPECT_EQ(l.first(), 2);
  EXPECT_EQ(l.last(), 7);
  l.check_invariants();
}

TEST(Lane, HolesDoNotAddUp) {
  lane l;
  entry stays{.when = 0};
  l.push_back(stays);
  std::vector<entry> entries(2);
  for (base::nanoseconds when = 1; when < 1'000'000; ++when) {
    entry& e = entries[static_cast<std::size_t>(when % 2)];
    e.when = when;
    l.push_back(e);
    if (when > 1) {
      l.remove(entries[static_cast<std::size_t>((when + 1) % 2)]);  // in the middle
    }
  }
  EXPECT_EQ(l.size(), 2U);
  EXPECT_LT(entries[1].position - stays.position, 100U);
  l.check_invariants();
}

TEST(Lane, AgreesWithADeque) {
  base::random random(3);
  lane l;
  std::vector<entry> entries(5000);
  std::vector<entry*> free;
  for (entry& e : entries) {
    free.push_back(&e);
  }
  std::deque<entry*> model;
  base::nanoseconds clock = 0;
  for (int step = 0; step < 300'000; ++step) {
    const bool grow = step / 20'000 % 2 == 0;
    if (!free.empty() && random.below(5) < (grow ? 3U : 2U)) {
      entry* e = free.back();
      free.pop_back();
      e->when = clock += random.below(3);
      l.push_back(*e);
      model.push_back(e);
    } else if (!model.empty()) {
      const std::size_t at = random.below(2) == 0 ? 0 : random.below(static_cast<std::uint32_t>(model.size()));
      entry* e = model[at];
      model.erase(model.begin() + static_cast<std::ptrdiff_t>(at));
      if (at == 0) {
        ASSERT_EQ(&l.front(), e);
      }
      l.remove(*e);
      free.push_back(e);
    }
    ASSERT_EQ(l.size(), model.size());
    ASSERT_EQ(l.first(), model.empty() ? base::never : model.front()->when);
    ASSERT_EQ(l.last(), model.empty() ? INT64_MIN : model.back()->when);
  }
  l.check_invariants();
}

}  // namespace
}  // namespace goro::timers
