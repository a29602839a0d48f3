// Rounding and the like belong to the goroutine: nobody inherits them, whatever stack or thread it gets, and a switch
// keeps them.
#include <cfenv>

#include "cxx_support.hpp"

namespace goro::cxx_test {
namespace {

class FloatControl : public OnProcessors {};

TEST_P(FloatControl, AFreshGoroutineComputesLikeANewProcess) {
  std::atomic<int> inherited{0};
  in_goroutines(GetParam(), 200, [&inherited](int i) {
    inherited += std::fegetround() == FE_TONEAREST ? 0 : 1;
    std::fesetround(FE_UPWARD);
    if (i % 3 == 0) {
      yield();  // others end without having waited: their stack goes on as the next goroutine
    }
  });
  EXPECT_EQ(inherited, 0);
}

TEST_P(FloatControl, IsKeptAcrossSwitches) {
  std::atomic<int> lost{0};
  in_goroutines(GetParam(), 100, [&lost](int i) {
    constexpr int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    const int mode = modes[i % 4];
    std::fesetround(mode);
    for (int turn = 0; turn < 20; ++turn) {
      yield();
      lost += std::fegetround() == mode ? 0 : 1;
    }
  });
  EXPECT_EQ(lost, 0);
}

INSTANTIATE_TEST_SUITE_P(Processors, FloatControl, testing::Values(1, 2, 4, 64));

}  // namespace
}  // namespace goro::cxx_test
