// Alarms: who wins when a start, a stop and the point of time come together, on whatever thread.
#include "sched/alarm.hpp"

#include <memory>

#include "base/random.hpp"
#include "support.hpp"

namespace goro::sched {
namespace {

using sched_test::eventually;
using sched_test::goroutines_and_threads;
using sched_test::in_goroutine;
using sched_test::pause_for;

constexpr base::nanoseconds hour = 3'600'000'000'000;
constexpr int scale = GORO_WITH_TSAN || GORO_WITH_ASAN ? 1 : 10;

// Counts what it is told.
struct counting {
  alarm clock{functions};
  std::atomic<int> claimed{0};
  std::atomic<int> rung{0};
  std::atomic<base::nanoseconds> at{0};
  std::atomic<std::uint32_t> due{0};

  static counting& of(alarm& a) noexcept { return reinterpret_cast<counting&>(a); }
  static bool claim(alarm& a) noexcept {
    ++of(a).claimed;
    return true;
  }
  static void ring(alarm& a, std::uint32_t due, base::nanoseconds now) noexcept {
    of(a).at = now;
    of(a).due = due;
    ++of(a).rung;
  }
  static constexpr alarm_functions functions{&claim, &ring};
};

class Alarm : public testing::TestWithParam<int> {
 protected:
  void SetUp() override { gomaxprocs(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(Processors, Alarm, testing::Values(1, 2, 4, 64), testing::PrintToStringParamName());

TEST_P(Alarm, RingsOnceAndNotEarly) {
  in_goroutine([] {
    counting c;
    const base::nanoseconds when = base::now_ns() + 200'000;
    EXPECT_EQ(c.clock.start(when), alarm_state::resting);
    while (c.rung == 0) {
      pause_for(50'000);
    }
    EXPECT_GE(c.at, when);
    pause_for(100'000);
    EXPECT_EQ(c.rung, 1);
    EXPECT_EQ(c.claimed, 1);
    EXPECT_EQ(c.due, c.clock.generation());
    EXPECT_EQ(c.clock.stop(), alarm_state::rung);
    EXPECT_EQ(c.clock.stop(), alarm_state::resting);
  });
}

// Nothing but the alarm: no goroutine keeps a worker awake, and in the first test of the process there are no workers.
TEST_P(Alarm, RingsForAThreadWhenNothingElseGoesOn) {
  for (int i = 0; i < 50; ++i) {
    counting c;
    c.clock.start(base::now_ns() + i * 10'000);
    ASSERT_TRUE(eventually([&] { return c.rung == 1; }));
  }
}

TEST_P(Alarm, AStoppedOneDoesNotRing) {
  counting c;
  c.clock.start(base::now_ns() + hour);
  EXPECT_EQ(c.clock.stop(), alarm_state::pending);
  EXPECT_EQ(c.clock.stop(), alarm_state::resting);
  EXPECT_FALSE(c.clock.stop_if_pending());
  EXPECT_FALSE(c.clock.move_if_pending(base::now_ns()));
  c.clock.start(base::now_ns() + hour);
  EXPECT_TRUE(c.clock.stop_if_pending());
  EXPECT_EQ(c.rung, 0);
}

TEST_P(Alarm, IsMovedBothWays) {
  counting c;
  c.clock.start(base::now_ns() + hour);
  EXPECT_EQ(c.clock.start(base::now_ns() + 2 * hour), alarm_state::pending);
  EXPECT_TRUE(c.clock.move_if_pending(base::now_ns() + 3 * hour));
  EXPECT_TRUE(c.clock.move_if_pending(base::now_ns() + 100'000));
  EXPECT_TRUE(eventually([&] { return c.rung == 1; }));
  EXPECT_FALSE(c.clock.move_if_pending(base::now_ns()));
  EXPECT_EQ(c.clock.start(base::now_ns()), alarm_state::rung);
  EXPECT_TRUE(eventually([&] { return c.rung == 2; }));
}

TEST_P(Alarm, APeriodicOneRingsUntilItIsStopped) {
  counting c;
  const base::nanoseconds first = base::now_ns() + 100'000;
  c.clock.start(first, 50'000);
  EXPECT_TRUE(eventually([&] { return c.rung >= 5; }));
  EXPECT_GE(c.at, first + 4 * 50'000);
  EXPECT_FALSE(c.clock.stop_if_pending());
  EXPECT_EQ(c.clock.stop(), alarm_state::pending);
}

TEST_P(Alarm, NeverIsNever) {
  counting c;
  EXPECT_EQ(c.clock.start(base::never), alarm_state::resting);
  EXPECT_EQ(c.clock.start(base::never), alarm_state::pending);
  EXPECT_EQ(c.clock.stop(), alarm_state::pending);
}

// A processor that is taken away takes no alarm along.
TEST_P(Alarm, RingsAlthoughItsProcessorIsGone) {
  gomaxprocs(8);
  std::vector<std::unique_ptr<counting>> many(200);
  goroutines_and_threads(200, [&](int i) {
    auto& c = many[static_cast<std::size_t>(i)];
    c = std::make_unique<counting>();
    c->clock.start(base::now_ns() + 20'000'000);
    pause_for(1000);
  });
  gomaxprocs(1);
  for (const auto& c : many) {
    EXPECT_TRUE(eventually([&] { return c->rung == 1; }));
  }
}

// One processor computes without a pause: the alarm is its neighbour's, or the monitor's.
TEST_P(Alarm, RingsWhileGoroutinesCompute) {
  std::atomic<bool> end{false};
  std::atomic<int> left{2};
  for (int i = 0; i < 2; ++i) {
    go([&] {
      while (!end) {
      }
      --left;
    });
  }
  counting c;
  c.clock.start(base::now_ns() + 1'000'000);
  EXPECT_TRUE(eventually([&] { return c.rung == 1; }));
  end = true;
  EXPECT_TRUE(eventually([&] { return left == 0; }));
}

// Each start is ended by exactly one of: a stop, another start, the point of time.
TEST_P(Alarm, ExactlyOneEndsAStart) {
  constexpr int callers = 6;
  constexpr int turns = 300 * scale;
  counting c;
  std::atomic<int> started{0};
  std::atomic<int> prevented{0};
  goroutines_and_threads(callers, [&](int number) {
    base::random random(static_cast<std::uint64_t>(number));
    for (int turn = 0; turn < turns; ++turn) {
      const base::nanoseconds when = base::now_ns() + random.below(3) * 10'000;
      alarm_state before = alarm_state::resting;
      switch (random.below(4)) {
        case 0:
          before = c.clock.stop();
          break;
        case 1:
          before = c.clock.stop_if_pending() ? alarm_state::pending : alarm_state::resting;
          break;
        default:
          before = c.clock.start(when);
          ++started;
      }
      prevented += before == alarm_state::pending ? 1 : 0;
      if (random.below(4) == 0) {
        pause_for(random.below(40'000));
      }
    }
  });
  prevented += c.clock.stop() == alarm_state::pending ? 1 : 0;
  EXPECT_TRUE(eventually([&] { return c.claimed + prevented == started; }));
  EXPECT_TRUE(eventually([&] { return c.rung == c.claimed; }));
}

// ring() may start goroutines and its own alarm.
struct chain {
  alarm clock{functions};
  std::atomic<int> left{0};

  static bool claim(alarm&) noexcept { return true; }
  static void ring(alarm& a, std::uint32_t, base::nanoseconds now) noexcept {
    auto& self = reinterpret_cast<chain&>(a);
    if (--self.left > 0) {
      self.clock.start(now + 1000);
    }
  }
  static constexpr alarm_functions functions{&claim, &ring};
};

TEST_P(Alarm, MayBeStartedByItself) {
  chain c;
  c.left = 100;
  c.clock.start(base::now_ns());
  EXPECT_TRUE(eventually([&] { return c.left == 0; }));
}

// Manyfold alarms, started and stopped by all at once.
TEST_P(Alarm, ThousandsAtATime) {
  static constexpr int count = 500 * scale;
  in_goroutine([] {
    std::vector<counting> many(count);
    base::random random(1);
    int stopped = 0;
    for (counting& c : many) {
      c.clock.start(base::now_ns() + random.below(2'000'000));
    }
    for (std::size_t i = 0; i < many.size(); i += 2) {
      stopped += many[i].clock.stop() == alarm_state::pending ? 1 : 0;
    }
    int rung = 0;
    while (rung + stopped != count) {
      pause_for(100'000);
      rung = 0;
      for (const counting& c : many) {
        rung += c.rung;
      }
      ASSERT_LE(rung + stopped, count);
    }
  });
}

}  // namespace
}  // namespace goro::sched
