#include "goro/goro.hpp"
#include "goro/testing.hpp"
#include "support.hpp"
TEST(simulate, FindsALostUpdate) {
  const auto result = goro::testing::simulate({.schedules = 10'000}, [] {
    int x = 0;
    goro::wait_group both;
    const auto add = [&x] {
      const int seen = x;
      goro::checkpoint();
      x = seen + 1;
    };
    both.go(add);
    both.go(add);
    both.wait();
    goro::testing::require(x == 2, "both count");
  });
  EXPECT_TRUE(result.failed);
  std::printf("%zu\n%s", result.schedules_run, result.report.c_str());
}
