// Behaviour of goro::rate::limiter: what it allows and how it waits. Names in capitals are those of Go's
// x/time/rate/rate_test.go and sometimes_test.go.
#include "goro/rate.hpp"

#include "rate_support.hpp"

using namespace support;
using goro::errc;
using goro::rate::limiter;

namespace {

TEST(time_rate, TestLimit) { EXPECT_NE(goro::rate::limit(10), goro::rate::inf); }

TEST(time_rate, TestEvery) {
  using goro::rate::every;
  EXPECT_EQ(every(0s), goro::rate::inf);
  EXPECT_EQ(every(-1ns), goro::rate::inf);
  EXPECT_DOUBLE_EQ(every(1ns), 1e9);
  EXPECT_DOUBLE_EQ(every(1us), 1e6);
  EXPECT_DOUBLE_EQ(every(10ms), 100);
  EXPECT_DOUBLE_EQ(every(100ms), 10);
  EXPECT_DOUBLE_EQ(every(1s), 1);
  EXPECT_DOUBLE_EQ(every(2500ms), 0.4);
  EXPECT_DOUBLE_EQ(every(10s), 0.1);
  EXPECT_DOUBLE_EQ(every(std::chrono::nanoseconds::max()), 1e9 / 9223372036854775807.0);
}

struct attempt {
  goro::time_point when;
  double tokens;
  int n;
  bool allowed;
};

void run(limiter& limiter, const std::vector<attempt>& attempts) {
  int number = 0;
  for (const attempt& a : attempts) {
    SCOPED_TRACE("attempt " + std::to_string(number++));
    EXPECT_DOUBLE_EQ(limiter.tokens_at(a.when), a.tokens);
    EXPECT_EQ(limiter.allow_n(a.when, a.n), a.allowed);
  }
}

TEST(time_rate, TestLimiterBurst1) {
  limiter l(10, 1);
  run(l, {{d0, 1, 1, true},
          {d0, 0, 1, false},
          {d0, 0, 1, false},
          {d1, 1, 1, true},
          {d1, 0, 1, false},
          {d1, 0, 1, false},
          {d2, 1, 2, false},  // never two at a time
          {d2, 1, 1, true},
          {d2, 0, 1, false}});
}

TEST(time_rate, TestLimiterBurst3) {
  limiter l(10, 3);
  run(l, {{d0, 3, 2, true},
          {d0, 1, 2, false},
          {d0, 1, 1, true},
          {d0, 0, 1, false},
          {d1, 1, 4, false},
          {d2, 2, 1, true},
          {d3, 2, 1, true},
          {d4, 2, 1, true},
          {d4, 1, 1, true},
          {d4, 0, 1, false},
          {d4, 0, 1, false},
          {d9, 3, 3, true},
          {d9, 0, 0, true}});
}

TEST(time_rate, TestLimiterJumpBackwards) {
  limiter l(10, 3);
  run(l, {{d1, 3, 1, true},
          {d0, 2, 1, true},  // two are left at the earlier time
          {d0, 1, 1, true},
          {d0, 0, 1, false},
          {d0, 0, 1, false},
          {d1, 1, 1, true},  // one came
          {d1, 0, 1, false},
          {d1, 0, 1, false},
          {d2, 1, 1, true},
          {d2, 0, 1, false},
          {d2, 0, 1, false}});
}

TEST(time_rate, TestLimiter_noTruncationErrors) {
  limiter l(0.7692307692307693, 1);
  EXPECT_TRUE(l.allow());
}

TEST(time_rate, TestSimultaneousRequests) {
  sweep_processors([] {
    constexpr int burst = 5;
    limiter l(goro::rate::every(1h), burst);
    std::atomic<int> allowed{0};
    together(15, [&](int) { allowed += l.allow() ? 1 : 0; });
    EXPECT_EQ(allowed, burst);
  });
}

TEST(time_rate, TestLongRunningQPS) {
  constexpr double per_second = 100;
  constexpr int burst = 100;
  limiter l(per_second, burst);
  int allowed = 0;
  const auto end = d0 + 5s;
  auto now = d0;
  for (; now < end; now += 2ms) {
    allowed += l.allow_n(now, 1) ? 1 : 0;
  }
  const double ideal = burst + per_second * std::chrono::duration<double>(now - d0).count();
  EXPECT_LE(allowed, ideal + 1);
  EXPECT_GE(allowed, static_cast<int>(0.999 * ideal));
}

TEST(time_rate, TestZeroLimit) {
  limiter l(0, 1);
  EXPECT_TRUE(l.allow()) << "full at the start";
  EXPECT_FALSE(l.allow());
}

TEST(time_rate, TestTinyLimit) {
  limiter l(1e-10, 1);
  EXPECT_TRUE(l.allow());
  EXPECT_FALSE(l.allow());
}

TEST(time_rate, AnInfiniteLimitAllowsEverything) {
  limiter l(goro::rate::inf, 0);
  EXPECT_TRUE(l.allow_n(d0, 1000));
  EXPECT_EQ(l.limit(), goro::rate::inf);
  EXPECT_EQ(l.reserve_n(d0, 5).delay_from(d0), 0ns);
  l.set_limit_at(d1, 10);
  l.set_burst_at(d1, 3);
  EXPECT_EQ(l.burst(), 3);
  EXPECT_FALSE(std::isnan(l.tokens_at(d1)));
  EXPECT_TRUE(l.allow_n(d5, 3));
}

TEST(time_rate, TestWaitSimple) {
  limiter l(100, 3);
  const auto [ctx, cancel] = goro::with_cancel(goro::background());
  cancel();
  EXPECT_EQ(l.wait(ctx), errc::canceled);
  EXPECT_EQ(l.wait_n(goro::background(), 4), errc::exceeds_burst);
  const auto started = std::chrono::steady_clock::now();
  EXPECT_EQ(l.wait_n(goro::background(), 2), std::error_code());
  EXPECT_EQ(l.wait_n(goro::background(), 3), std::error_code());
  EXPECT_GE(std::chrono::steady_clock::now() - started, 20ms) << "three were there, two had to come";
}

TEST(time_rate, TestWaitCancel) {
  limiter l(goro::rate::every(1h), 3);
  const auto [ctx, cancel] = goro::with_cancel(goro::background());
  EXPECT_EQ(l.wait_n(ctx, 2), std::error_code());
  goro::go([&l, cancel = cancel] {
    EXPECT_TRUE(eventually([&] { return l.tokens() < 0; }));  // somebody waits
    cancel();
  });
  EXPECT_EQ(l.wait_n(ctx, 3), errc::canceled);
  EXPECT_NEAR(l.tokens(), 1, 0.1) << "given back";
  EXPECT_EQ(l.wait_n(goro::background(), 1), std::error_code());
}

// It is known at once that the deadline cannot be met: nobody waits, and no token is taken.
TEST(time_rate, TestWaitTimeout) {
  limiter l(goro::rate::every(1h), 3);
  const auto [ctx, cancel] = goro::with_timeout(goro::background(), 30min);
  EXPECT_EQ(l.wait_n(ctx, 2), std::error_code());
  EXPECT_EQ(l.wait_n(ctx, 3), errc::deadline_exceeded);
  EXPECT_FALSE(ctx.err());
  EXPECT_TRUE(l.allow());
}

TEST(time_rate, TestWaitInf) {
  limiter l(goro::rate::inf, 0);
  EXPECT_EQ(l.wait_n(goro::background(), 3), std::error_code());
}

TEST(time_rate, TestSetAfterZeroLimit) {
  limiter l(0, 1);
  EXPECT_TRUE(l.allow());
  EXPECT_FALSE(l.allow());
  const auto started = std::chrono::steady_clock::now();
  l.set_limit(200);
  EXPECT_EQ(l.wait(goro::background()), std::error_code());
  EXPECT_GE(std::chrono::steady_clock::now() - started, 5ms);
}

// Everybody who waits gets a turn of his own.
TEST(time_rate, WaitersAreServedOneByOne) {
  sweep_processors([] {
    limiter l(10'000, 1);
    const auto started = std::chrono::steady_clock::now();
    together(10, [&](int) { EXPECT_EQ(l.wait(goro::background()), std::error_code()); });
    EXPECT_GE(std::chrono::steady_clock::now() - started, 9 * 100us - 10us);
  });
}

// How often do_() runs its function in `calls` calls, one `step` apart.
std::vector<int> runs_of(const goro::rate::sometimes::options& options, int calls) {
  goro::rate::sometimes s(options);
  std::vector<int> runs;
  for (int i = 1; i <= calls; ++i) {
    s.do_at(d0 + i * step, [&runs, i] { runs.push_back(i); });
  }
  return runs;
}

TEST(time_rate, TestSometimesZero) {
  goro::rate::sometimes s;
  int runs = 0;
  s.do_([&] { ++runs; });
  s.do_([&] { ++runs; });
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(runs_of({}, 3), std::vector<int>{1});
}

TEST(time_rate, TestSometimesMax) {
  EXPECT_EQ(runs_of({.interval = std::chrono::nanoseconds::max()}, 3), std::vector<int>{1});
}

TEST(time_rate, TestSometimesNegative) {
  EXPECT_EQ(runs_of({.interval = -1ns}, 3), std::vector<int>{1});
  EXPECT_EQ(runs_of({.first = -1, .every = -1}, 3), std::vector<int>{1});
}

TEST(time_rate, SometimesIsTheUnionOfItsFilters) {
  using runs = std::vector<int>;
  EXPECT_EQ(runs_of({.first = 2}, 4), (runs{1, 2}));
  EXPECT_EQ(runs_of({.every = 2}, 4), (runs{1, 3}));
  EXPECT_EQ(runs_of({.interval = 3 * step}, 5), (runs{1, 4}));
  EXPECT_EQ(runs_of({.first = 2, .every = 4, .interval = 3 * step}, 9), (runs{1, 2, 5, 8, 9}));
}

TEST(time_rate, SometimesCountsACallThatThrows) {
  goro::rate::sometimes s({.first = 2});
  EXPECT_THROW(s.do_([] { throw 1; }), int);
  int runs = 0;
  s.do_([&] { ++runs; });
  s.do_([&] { ++runs; });
  EXPECT_EQ(runs, 1);
}

}  // namespace
