// Tickers, and what can be seen of a timer's channel. After time/tick_test.go and time/mono_test.go.
#include <deque>
#include <fstream>

#include "goro/goro.hpp"
#include "support.hpp"

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using goro::time_point;
using support::eventually;
using support::scale;
using support::sweep_processors;
using support::together;

bool tick_is_there(const goro::recv_chan<time_point>& channel) {
  time_point value;
  return channel.try_recv(value) == goro::chan_status::success;
}

TEST(time_tick, TestTicker) {
  sweep_processors([] {
    constexpr auto delta = 2ms;
    constexpr int count = 5;
    const auto start = clock::now();
    goro::ticker ticker(delta);
    for (int i = 0; i < count; ++i) {
      EXPECT_TRUE(ticker.c().recv());
    }
    const auto middle = clock::now();
    EXPECT_GE(middle - start, count * delta);
    ticker.reset(2 * delta);
    for (int i = 0; i < count; ++i) {
      EXPECT_TRUE(ticker.c().recv());
    }
    EXPECT_GE(clock::now() - middle, count * 2 * delta);
    ticker.stop();
    goro::sleep(3 * delta);
    EXPECT_FALSE(tick_is_there(ticker.c()));
  });
}

// Go: a Ticker that was not made by NewTicker. Here: one that was moved from.
TEST(time_tick, TestTickerStopWithDirectInitialization) {
  goro::ticker first(1h);
  goro::ticker second(std::move(first));
  first.stop();
  EXPECT_FALSE(first.c());
  EXPECT_TRUE(support::panics_with("ticker.reset called on uninitialized timer", [&] { first.reset(1ms); }));
  second.reset(1ns);
  EXPECT_TRUE(second.c().recv());
}

TEST(time_tick, TestTeardown) {
  for (int i = 0; i < 3; ++i) {
    goro::ticker ticker(2ms);
    EXPECT_TRUE(ticker.c().recv());
    ticker.stop();
  }
}

TEST(time_tick, TestTick) {
  EXPECT_FALSE(goro::tick(-1ns));
  EXPECT_FALSE(goro::tick(0s));
  const goro::recv_chan<time_point> ticks = goro::tick(100us);
  time_point last{};
  for (int i = 0; i < 10; ++i) {
    const std::optional<time_point> next = ticks.recv();
    EXPECT_GT(*next, last);
    last = *next;
  }
}

TEST(time_tick, TestNewTickerLtZeroDuration) {
  EXPECT_TRUE(support::panics_with("non-positive interval for ticker", [] { goro::ticker{-1ns}; }));
  EXPECT_TRUE(support::panics_with("non-positive interval for ticker", [] { goro::ticker{0s}; }));
}

TEST(time_tick, TestTickerResetLtZeroDuration) {
  goro::ticker ticker(1ms);
  EXPECT_TRUE(support::panics_with("non-positive interval for ticker.reset", [&] { ticker.reset(0s); }));
  EXPECT_TRUE(ticker.c().recv()) << "goes on as before";
}

// Thousands of timers that are gone but for their places must not slow down what comes and goes.
TEST(time_tick, TestLongAdjustTimers) {
  goro::run([] {
    for (int i = 0; i < 1000 * scale; ++i) {
      goro::go([] { goro::sleep(10us); });
    }
    for (int i = 0; i < 200 * scale; ++i) {
      goro::sleep(1us);
    }
    const auto in = goro::make_chan<int>();
    const auto out = goro::make_chan<int>();
    goro::wait_group group;
    group.go([&] {
      std::deque<int> waiting;
      for (bool open = true; open;) {
        const goro::chan<int> next = waiting.empty() ? goro::chan<int>() : out;
        goro::select(goro::send_case(next, waiting.empty() ? 0 : waiting.front(), [&] { waiting.pop_front(); }),
                     goro::recv_case(in, [&](std::optional<int> value) {
                       open = value.has_value();
                       if (open) {
                         waiting.push_back(*value);
                       }
                     }));
      }
    });
    for (int i = 0; i < 50 * scale; ++i) {
      for (int k = 0; k < 20; ++k) {
        in.send(k);
      }
      for (int k = 0; k < 20; ++k) {
        std::optional<int> value;
        goro::select(goro::recv_case(out, value), goro::recv_case(goro::after(1h)));
        ASSERT_EQ(value, k);
      }
    }
    in.close();
    group.wait();
  });
}

std::size_t resident_pages() {
  std::ifstream statm("/proc/self/statm");
  std::size_t size = 0;
  std::size_t resident = 0;
  statm >> size >> resident;
  return resident;
}

// What nobody holds is gone at once, not when its time has come.
template <class F>
void keeps_no_memory(F f) {
  constexpr int count = 100'000;
  for (int i = 0; i < 1000; ++i) {
    f();
  }
  const std::size_t before = resident_pages();
  for (int i = 0; i < count; ++i) {
    f();
  }
  if (!GORO_WITH_ASAN && !GORO_WITH_TSAN) {  // they keep what was freed for a while
    EXPECT_LT(resident_pages(), before + 1000) << "a timer has more than 40 bytes";
  }
}

TEST(time_tick, TestTimerGC) {
  goro::run([] {
    keeps_no_memory([] { goro::after(1h); });
    keeps_no_memory([] { goro::tick(1h); });
    keeps_no_memory([] { goro::timer{1h}; });
    keeps_no_memory([] { goro::ticker{1h}; });
    keeps_no_memory([] { goro::timer{1h}.stop(); });
    keeps_no_memory([] { goro::ticker{1h}.stop(); });
    keeps_no_memory([] { goro::after_func(1h, [] {}).stop(); });
  });
}

// A timer or a ticker, with answers for both.
struct any_timer {
  std::optional<goro::timer> timer;
  std::optional<goro::ticker> ticker;

  const goro::recv_chan<time_point>& c() const { return timer ? timer->c() : ticker->c(); }
  void stop() {
    if (timer) {
      timer->stop();
    } else {
      ticker->stop();
    }
  }
  void reset(clock::duration d) {
    if (timer) {
      timer->reset(d);
    } else {
      ticker->reset(d);
    }
  }
};

// What holds of the channels of both, in the order of Go's test.
void timer_channel_behaves(any_timer& it) {
  const goro::recv_chan<time_point> c = it.c();
  const auto comes = [&] { return eventually([&] { return tick_is_there(c); }); };
  it.stop();
  EXPECT_FALSE(tick_is_there(c));
  it.reset(10'000s);
  EXPECT_FALSE(tick_is_there(c));

  it.reset(1ns);
  goro::sleep(1ms);
  EXPECT_EQ(c.size(), 0U);
  EXPECT_EQ(c.capacity(), 0U);
  EXPECT_TRUE(comes());

  // A second tick has come, if it is a ticker: no trace of it after a reset.
  goro::sleep(1ms);
  it.reset(10'000s);
  EXPECT_FALSE(tick_is_there(c));

  // Somebody waits while it is moved about.
  std::atomic<int> received{0};
  goro::go([c, &received] {
    c.recv();
    ++received;
  });
  goro::sleep(1ms);
  it.reset(20'000s);
  goro::sleep(1ms);
  EXPECT_EQ(received, 0);
  it.reset(1ns);
  EXPECT_TRUE(eventually([&] { return received == 1; }));
  EXPECT_TRUE(it.timer || comes());
  it.stop();
  EXPECT_FALSE(tick_is_there(c));

  // Two wait, in a select, for what comes once or more often.
  it.reset(10'000s);
  const auto stop = goro::make_chan<void>();
  std::atomic<int> ended{0};
  const auto wait_in_select = [c, stop, &received, &ended] {
    if (goro::select(goro::recv_case(c), goro::recv_case(stop)) == 0) {
      ++received;
    }
    ++ended;
  };
  goro::go(wait_in_select);
  goro::go(wait_in_select);
  goro::sleep(1ms);
  EXPECT_EQ(received, 1);
  it.reset(1ms);
  EXPECT_TRUE(eventually([&] { return received >= 2; }));
  it.stop();
  stop.close();
  EXPECT_TRUE(eventually([&] { return ended == 2; }));
  EXPECT_FALSE(tick_is_there(c));

  // Nothing comes from a stopped one, to a thread neither.
  const int before = received;
  std::thread foreign(
      [&] { goro::select(goro::recv_case(c, [&] { ++received; }), goro::recv_case(goro::after(5ms))); });
  foreign.join();
  EXPECT_EQ(received, before);
}

TEST(time_tick, TestChan) {
  sweep_processors([] {
    any_timer timer{.timer = goro::timer(10'000s), .ticker = {}};
    timer_channel_behaves(timer);
    any_timer ticker{.timer = {}, .ticker = goro::ticker(10'000s)};
    timer_channel_behaves(ticker);
  });
}

// A value that waits in the channel counts as not received: stop and reset prevent it.
TEST(time_tick, StopTakesBackTheValueThatWaits) {
  sweep_processors([] {
    const goro::timer timer(1ns);
    goro::sleep(1ms);
    EXPECT_TRUE(timer.stop());
    EXPECT_FALSE(tick_is_there(timer.c()));
    EXPECT_FALSE(timer.stop());
    EXPECT_FALSE(timer.reset(1ns));
    goro::sleep(1ms);
    EXPECT_TRUE(timer.reset(1ns));
    EXPECT_TRUE(timer.c().recv());
    EXPECT_FALSE(timer.reset(1h));
    EXPECT_FALSE(tick_is_there(timer.c()));
  });
}

// The value says when the time had come, not when somebody asked.
TEST(time_tick, TestAfterTimes) {
  EXPECT_TRUE(eventually([] {
    const goro::recv_chan<time_point> c = goro::after(1ms);
    goro::sleep(10ms);
    const auto asked = clock::now();
    return *c.recv() < asked;
  }));
}

TEST(time_tick, TestTickTimes) {
  EXPECT_TRUE(eventually([] {
    const auto start = clock::now();
    const goro::recv_chan<time_point> c = goro::tick(1ms);
    goro::sleep(50ms);
    return *c.recv() < start + 25ms;
  }));
}

TEST(time_tick, TestHasMonotonicClock) {
  static_assert(time_point::clock::is_steady);
  const auto before = clock::now();
  EXPECT_GT(*goro::after(1ns).recv(), before);
  EXPECT_GT(*goro::ticker(1ns).c().recv(), before);
}

}  // namespace
