#include "testing/shrink.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

namespace goro::testing {
namespace {

// Of goroutine 1, at its steps 1 to n, each for goroutine 2.
decisions made_of(std::uint32_t n) {
  decisions made;
  for (std::uint32_t step = 1; step <= n; ++step) {
    made.push_back({1, step, 2});
  }
  return made;
}

bool has(const decisions& some, const decision& d) { return std::find(some.begin(), some.end(), d) != some.end(); }

decisions nothing_else() { return {}; }

TEST(Shrink, KeepsThoseWithoutWhichItPasses) {
  const decision first{1, 7, 2};
  const decision second{1, 90, 2};
  const auto both = [&](const decisions& some) { return has(some, first) && has(some, second); };
  EXPECT_EQ(shrink(made_of(100), both, nothing_else), (decisions{first, second}));
}

TEST(Shrink, KeepsNoneWhenItFailsWithoutAny) {
  int tries = 0;
  const auto always = [&](const decisions&) { return ++tries > 0; };
  EXPECT_EQ(shrink(made_of(100), always, nothing_else), decisions{});
  EXPECT_EQ(tries, 1);
}

// One that goes on elsewhere replaces two.
TEST(Shrink, FindsAnotherChoiceThatMakesTheOthersNeedless) {
  const decision other{1, 2, 3};
  const auto fails = [&](const decisions& some) { return has(some, other) || some == made_of(2); };
  EXPECT_EQ(shrink(made_of(2), fails, nothing_else), decisions{other});
}

TEST(Shrink, TakesADecisionThatWasNotMadeIfItIsEnoughAlone) {
  const decision other{5, 1, 1};
  const auto fails = [&](const decisions& some) { return has(some, other) || some == made_of(2); };
  EXPECT_EQ(shrink(made_of(2), fails, [&] { return decisions{{4, 1, 1}, other}; }), decisions{other});
}

// Without going through the rest of what might be tried, which would take hours.
TEST(Shrink, EndsAfterSomeHundredTries) {
  const decisions made = made_of(20'000);
  int tries = 0;
  const auto only_all = [&](const decisions& some) {
    ++tries;
    return some == made;
  };
  EXPECT_EQ(shrink(made, only_all, nothing_else), made);
  EXPECT_LT(tries, 1000);
}

}  // namespace
}  // namespace goro::testing
