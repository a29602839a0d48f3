// Sleeping, timers and functions called later. After time/sleep_test.go.
#include "goro/goro.hpp"
#include "support.hpp"

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using goro::time_point;
using support::scale;
using support::sweep_processors;
using support::together;

// Is nothing to be received now?
testing::AssertionResult is_empty(const goro::recv_chan<time_point>& channel) {
  time_point value;
  const goro::chan_status status = channel.try_recv(value);
  return status == goro::chan_status::empty ? testing::AssertionSuccess()
                                            : testing::AssertionFailure() << "a value is there";
}

// A timer made of after_func, as a second implementation of the same behaviour.
struct func_timer {
  goro::chan<time_point> channel = goro::make_chan<time_point>(1);
  goro::timer inner;

  explicit func_timer(clock::duration d) : inner(goro::after_func(d, [c = channel] { c.send(clock::now()); })) {}
  const goro::chan<time_point>& c() const { return channel; }
  bool stop() const { return inner.stop(); }
  bool reset(clock::duration d) const { return inner.reset(d); }
};

TEST(time_sleep, TestSleep) {
  const auto start = clock::now();
  goro::sleep(20ms);
  EXPECT_GE(clock::now() - start, 20ms);
  goro::run([] {
    const auto before = clock::now();
    goro::sleep(20ms);
    EXPECT_GE(clock::now() - before, 20ms);
    goro::sleep_until(before + 50ms);
    EXPECT_GE(clock::now() - before, 50ms);
    goro::sleep_until(before);
  });
}

TEST(time_sleep, TestAfterFunc) {
  sweep_processors([] {
    goro::wait_group calls;
    calls.add(11);
    std::atomic<int> left{10};
    std::function<void()> f = [&] {
      if (--left >= 0) {
        goro::after_func(0s, std::ref(f));
        goro::sleep(1ms);
      }
      calls.done();
    };
    goro::after_func(0s, std::ref(f));
    calls.wait();
    EXPECT_EQ(left, -1);
  });
}

TEST(time_sleep, TestTickerStress) {
  sweep_processors([] {
    std::atomic<bool> stop{false};
    goro::wait_group group;
    group.go([&] {
      while (!stop) {
        goro::sleep(1ns);
      }
    });
    goro::ticker ticker(1ns);
    for (int i = 0; i < 100; ++i) {
      EXPECT_TRUE(ticker.c().recv());
    }
    ticker.stop();
    stop = true;
    group.wait();
  });
}

TEST(time_sleep, TestTickerConcurrentStress) {
  sweep_processors([] {
    goro::ticker ticker(1ns);
    together(10, [&](int) {
      for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(ticker.c().recv());
      }
    });
    ticker.stop();
  });
}

// Two goroutines that keep one processor busy by waking each other must not keep it from the function.
TEST(time_sleep, TestAfterFuncStarvation) {
  const int before = goro::gomaxprocs(1);
  goro::run([] {
    std::atomic<bool> stop{false};
    goro::chan<bool> values = goro::make_chan<bool>(1);
    goro::wait_group group;
    group.go([&] {
      while (!stop) {
        values.send(true);
      }
      values.close();
    });
    group.go([&] {
      for ([[maybe_unused]] const bool value : values) {
      }
    });
    goro::after_func(1us, [&] { stop = true; });
    group.wait();
  });
  goro::gomaxprocs(before);
}

TEST(time_sleep, TestAfter) {
  sweep_processors([] {
    together(2, [](int) {
      const auto start = clock::now();
      const std::optional<time_point> end = goro::after(20ms).recv();
      ASSERT_TRUE(end);
      EXPECT_GE(clock::now() - start, 20ms);
      EXPECT_GE(*end - start, 20ms);
      EXPECT_LE(*end, clock::now());
    });
  });
}

TEST(time_sleep, TestAfterTick) {
  const auto start = clock::now();
  for (int i = 0; i < 10; ++i) {
    goro::after(2ms).recv();
  }
  EXPECT_GE(clock::now() - start, 20ms);
}

template <class Timer>
void after_stop() {
  const Timer first(1h);
  std::atomic<bool> called{false};
  const goro::timer second = goro::after_func(1h, [&] { called = true; });
  EXPECT_TRUE(first.stop());
  EXPECT_TRUE(second.stop());
  goro::after(10ms).recv();
  time_point value;
  EXPECT_NE(first.c().try_recv(value), goro::chan_status::success);
  EXPECT_FALSE(called);
  EXPECT_FALSE(first.stop());
  EXPECT_FALSE(second.stop());
}

TEST(time_sleep, TestAfterStop) {
  after_stop<goro::timer>();
  after_stop<func_timer>();
}

struct arrival {
  int slot;
  time_point at;
};

// The order in which channels of several durations get their values. Never early; in order if the machine is not too
// busy.
template <class After>
bool arrives_in_order(clock::duration delta, After after) {
  constexpr int slots[] = {5, 3, 6, 6, 6, 1, 1, 2, 7, 9, 4, 8, 0};
  goro::chan<arrival> arrivals = goro::make_chan<arrival>(std::size(slots));
  const auto start = clock::now();
  for (const int slot : slots) {
    goro::go([arrivals, slot, c = after(slot * delta)] { arrivals.send({slot, *c.recv()}); });
  }
  bool in_order = true;
  int last = 0;
  for ([[maybe_unused]] const int slot : slots) {
    const std::optional<arrival> one = arrivals.recv();
    EXPECT_GE(one->at - start, one->slot * delta);
    in_order = in_order && one->slot >= last;
    last = one->slot;
  }
  return in_order;
}

TEST(time_sleep, TestAfterQueuing) {
  const auto in_order_once = [](auto after) {
    for (auto delta = 2ms; delta < 1000ms; delta *= 2) {
      if (arrives_in_order(delta, after)) {
        return true;
      }
    }
    return false;
  };
  EXPECT_TRUE(in_order_once([](clock::duration d) { return goro::after(d); }));
  EXPECT_TRUE(in_order_once([](clock::duration d) { return func_timer(d).c(); }));
}

TEST(time_sleep, TestTimerStopStress) {
  sweep_processors([] {
    std::atomic<int> called{0};
    together(100, [&](int) {
      const goro::timer timer = goro::after_func(1h, [&] { ++called; });
      goro::sleep(1ms);
      EXPECT_TRUE(timer.stop());
    });
    EXPECT_EQ(called, 0);
  });
}

TEST(time_sleep, TestSleepZeroDeadlock) {
  sweep_processors([] {
    goro::run([] {
      for (int i = 0; i < 100; ++i) {
        goro::sleep(0s);
        const goro::chan<bool> one = goro::make_chan<bool>(1);
        one.send(true);
        EXPECT_TRUE(one.recv());
      }
    });
  });
}

TEST(time_sleep, TestReset) {
  sweep_processors([] {
    together(2, [](int) {
      const goro::timer timer(1h);
      EXPECT_TRUE(timer.reset(2h)) << "it had not ended";
      EXPECT_TRUE(is_empty(timer.c()));
      const auto start = clock::now();
      EXPECT_TRUE(timer.reset(5ms));
      const std::optional<time_point> end = timer.c().recv();
      EXPECT_GE(*end - start, 5ms);
      EXPECT_FALSE(timer.reset(1h)) << "it had ended";
      EXPECT_TRUE(timer.stop());
    });
  });
}

// Durations so long that their end is beyond the clock's do not end, nor are in the way of others.
TEST(time_sleep, TestOverflowSleep) {
  static constexpr auto big = std::chrono::nanoseconds::max();
  static std::atomic<bool> woke{false};
  goro::go([] {
    goro::sleep(big);
    woke = true;
  });
  const std::size_t chosen =
      goro::select(goro::recv_case(goro::after(big)), goro::recv_case(goro::after(std::chrono::hours::max())),
                   goro::recv_case(goro::after(25ms)));
  EXPECT_EQ(chosen, 2U);
  EXPECT_FALSE(woke);

  goro::sleep(std::chrono::nanoseconds::min());
  EXPECT_TRUE(goro::after(std::chrono::nanoseconds::min()).recv());
  EXPECT_TRUE(goro::after(-1ns).recv());
}

// An exception on its way past a timer leaves it usable.
TEST(time_sleep, TestIssue5745) {
  goro::ticker ticker(1h);
  const goro::timer nothing;
  try {
    const goro::defer stop([&] { ticker.stop(); });
    nothing.stop();
    FAIL() << "should have panicked";
  } catch (const goro::panic_error&) {
  }
  ticker.reset(1ns);
  EXPECT_TRUE(ticker.c().recv());
}

// A period that leads beyond the clock ends the ticking, and nothing else.
TEST(time_sleep, TestOverflowPeriodRuntimeTimer) {
  goro::ticker ticker(std::chrono::nanoseconds::max());
  EXPECT_TRUE(goro::after(1ms).recv());
  EXPECT_TRUE(is_empty(ticker.c()));
  ticker.reset(std::chrono::nanoseconds::max() - 1ns);
  EXPECT_TRUE(is_empty(ticker.c()));
}

TEST(time_sleep, TestZeroTimerResetPanics) {
  const goro::timer nothing;
  EXPECT_TRUE(support::panics_with("reset called on uninitialized timer", [&] { nothing.reset(1ns); }));
}

TEST(time_sleep, TestZeroTimerStopPanics) {
  const goro::timer nothing;
  EXPECT_TRUE(support::panics_with("stop called on uninitialized timer", [&] { nothing.stop(); }));
  EXPECT_FALSE(nothing.c());
}

TEST(time_sleep, TestZeroTimer) {
  sweep_processors([] {
    together(2, [](int) {
      const func_timer kept(1h);
      for (int i = 0; i < 500 * scale; ++i) {
        ASSERT_TRUE(goro::timer(0s).c().recv());
        ASSERT_TRUE(func_timer(0s).c().recv());
        kept.reset(0s);
        ASSERT_TRUE(kept.c().recv());
      }
    });
  });
}

// A timer that is moved earlier again and again is not lost.
TEST(time_sleep, TestTimerModifiedEarlier) {
  sweep_processors([] {
    together(2, [](int) {
      for (int i = 0; i < 100 * scale; ++i) {
        const func_timer timer(1h);
        for (int j = 0; j < 10; ++j) {
          if (!timer.stop()) {
            timer.c().recv();
          }
          timer.reset(-24h);
        }
        ASSERT_TRUE(timer.c().recv());
      }
    });
  });
}

// Many timers, each moved to and fro in a life of its own.
template <class Timer>
void adjust_timers() {
  std::vector<std::optional<Timer>> timers(100);
  std::vector<int> states(timers.size());
  std::vector<std::size_t> indices(timers.size());
  for (std::size_t i = 0; i < indices.size(); ++i) {
    indices[i] = i;
  }
  std::uint64_t seed = 88172645463325252ULL;
  while (!indices.empty()) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    const std::size_t at = seed % indices.size();
    const std::size_t i = indices[at];
    std::optional<Timer>& timer = timers[i];
    switch (states[i]++) {
      case 0:
        timer.emplace(0s);
        break;
      case 1:
      case 9:
        ASSERT_TRUE(timer->c().recv());
        break;
      case 2:
      case 4:
      case 6:
        ASSERT_FALSE(timer->reset(std::chrono::minutes(states[i])));
        break;
      case 3:
      case 5:
      case 7:
        ASSERT_TRUE(timer->stop());
        break;
      case 8:
        ASSERT_FALSE(timer->reset(0s));
        break;
      default:
        indices[at] = indices.back();
        indices.pop_back();
    }
  }
}

TEST(time_sleep, TestAdjustTimers) {
  sweep_processors([] {
    together(2, [](int) {
      adjust_timers<goro::timer>();
      adjust_timers<func_timer>();
    });
  });
}

// What stop and reset say of a timer that ends at the same moment is what is seen of its channel.
template <class StopOrReset>
void results_are_exact(StopOrReset prevented) {
  sweep_processors([&] {
    together(50 * scale, [&](int) {
      for (int i = 0; i < 20; ++i) {
        const goro::timer one(200us);
        const goro::timer other(200us);
        const std::size_t chosen = goro::select(goro::recv_case(one.c()), goro::recv_case(other.c()));
        const goro::timer& left = chosen == 0 ? other : one;
        if (!prevented(left)) {
          ASSERT_TRUE(left.c().recv());  // would wait for ever if the answer was wrong
        } else {
          ASSERT_TRUE(is_empty(left.c()));
        }
      }
    });
  });
}

TEST(time_sleep, TestStopResult) {
  results_are_exact([](const goro::timer& timer) { return timer.stop(); });
}

TEST(time_sleep, TestResetResult) {
  results_are_exact([](const goro::timer& timer) { return timer.reset(1h); });
}

TEST(time_sleep, TestMultiWakeupTicker) {
  sweep_processors([] {
    const goro::ticker ticker(1us);
    together(4, [&](int) {
      for (int i = 0; i < 500 * scale; ++i) {
        goro::select(goro::recv_case(ticker.c()), goro::recv_case(goro::after(1ms)));
      }
    });
  });
}

TEST(time_sleep, TestMultiWakeupTimer) {
  sweep_processors([] {
    const goro::timer timer(1ns);
    together(4, [&](int) {
      for (int i = 0; i < 2500 * scale; ++i) {
        goro::select(goro::recv_case(timer.c()), goro::default_case());
        timer.reset(1ns);
      }
    });
    EXPECT_TRUE(timer.c().recv());
  });
}

}  // namespace
