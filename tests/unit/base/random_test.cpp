#include "base/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace goro::base {
namespace {

TEST(Random, BelowStaysBelowAndReachesEverything) {
  random r(1);
  std::array<int, 7> seen{};
  for (int i = 0; i < 7000; ++i) {
    ++seen.at(r.below(7));
  }
  for (const int count : seen) {
    EXPECT_GT(count, 800);
  }
}

TEST(Random, SameSeedSameNumbers) {
  random a(42), b(42);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(a.next(), b.next());
  }
}

TEST(Random, SeedsDiffer) {
  std::set<std::uint64_t> seeds;
  for (int i = 0; i < 1000; ++i) {
    seeds.insert(random_seed());
  }
  EXPECT_EQ(seeds.size(), 1000U);
}

TEST(Random, AFixedSeedRepeats) {
  fix_random_seed(5);
  const auto first = random_seed();
  const auto second = random_seed();
  fix_random_seed(5);
  EXPECT_EQ(random_seed(), first);
  EXPECT_EQ(random_seed(), second);
  EXPECT_NE(first, second);
  fix_random_seed(0);
}

}  // namespace
}  // namespace goro::base
