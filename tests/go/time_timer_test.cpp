// What goro's timers have beside Go's: handles that end, move and are shared; values that cannot be copied; threads.
#include <memory>

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

TEST(time_timer, AnIgnoredAfterFuncIsCalled) {
  sweep_processors([] {
    std::atomic<int> called{0};
    together(10, [&](int i) { goro::after_func(i * 100us, [&] { ++called; }); });
    EXPECT_TRUE(eventually([&] { return called == 10; }));
  });
}

TEST(time_timer, AfterFuncTakesWhatCannotBeCopied) {
  std::atomic<int> got{0};
  goro::after_func(1ms, [value = std::make_unique<int>(7), &got] { got = *value; });
  EXPECT_TRUE(eventually([&] { return got == 7; }));
}

TEST(time_timer, AfterFuncAlignsWhatItKeeps) {
  struct alignas(256) aligned {
    std::atomic<bool>* right;
    void operator()() const { *right = reinterpret_cast<std::uintptr_t>(this) % 256 == 0; }
  };
  std::atomic<bool> right{false};
  goro::after_func(0s, aligned{&right});
  EXPECT_TRUE(eventually([&] { return right.load(); }));
}

// f is destroyed when neither a handle nor a call may need it.
TEST(time_timer, AfterFuncKeepsItsFunctionAsLongAsNeeded) {
  const auto token = std::make_shared<std::atomic<int>>(0);
  {
    const goro::timer timer = goro::after_func(0s, [token] { ++*token; });
    EXPECT_TRUE(eventually([&] { return *token == 1; }));
    EXPECT_EQ(token.use_count(), 2) << "it may be called again";
    EXPECT_FALSE(timer.reset(0s));
    EXPECT_TRUE(eventually([&] { return *token == 2; }));
  }
  EXPECT_TRUE(eventually([&] { return token.use_count() == 1; }));
  goro::after_func(1h, [token] {}).stop();
  EXPECT_EQ(token.use_count(), 1);
}

TEST(time_timer, AThrowingCopyStartsNothing) {
  struct throwing {
    throwing() = default;
    throwing(const throwing&) { throw std::runtime_error("no copy"); }
    void operator()() const { ADD_FAILURE(); }
  };
  const throwing f;
  EXPECT_THROW(goro::after_func(0s, f), std::runtime_error);
  goro::sleep(1ms);
}

TEST(time_timer, StopDoesNotWaitForTheFunction) {
  const goro::chan<void> go_on = goro::make_chan<void>();
  std::atomic<bool> ended{false};
  const goro::timer timer = goro::after_func(0s, [&] {
    go_on.recv();
    ended = true;
  });
  EXPECT_TRUE(eventually([] { return goro::num_goroutine() == 1; }));
  EXPECT_FALSE(timer.stop());
  EXPECT_FALSE(ended);
  go_on.close();
  EXPECT_TRUE(eventually([&] { return ended.load(); }));
}

TEST(time_timer, CopiesMeanTheSameTimer) {
  const goro::timer one(1h);
  const goro::timer other = one;
  EXPECT_EQ(one.c(), other.c());
  EXPECT_TRUE(other.stop());
  EXPECT_FALSE(one.stop());
}

// The channel lives on without the timer, and its value comes; a ticker's end stops it.
TEST(time_timer, WhatTheEndOfAHandleDoes) {
  const goro::recv_chan<time_point> value = goro::timer(1ms).c();
  EXPECT_TRUE(value.recv());
  std::optional<goro::ticker> ticker(100us);
  const goro::recv_chan<time_point> ticks = ticker->c();
  EXPECT_TRUE(ticks.recv());
  ticker.reset();
  goro::sleep(1ms);
  EXPECT_EQ(goro::select(goro::recv_case(ticks), goro::default_case()), 1U);
}

TEST(time_timer, ATickerIsMoved) {
  goro::ticker one(1h);
  goro::ticker other(100us);
  const goro::recv_chan<time_point> ticks = other.c();
  one = std::move(other);
  EXPECT_EQ(one.c(), ticks);
  EXPECT_TRUE(one.c().recv());
}

// A slow receiver gets the tick that waits, and none of those that it missed.
TEST(time_timer, ATickerDropsTicks) {
  sweep_processors([] {
    const goro::ticker ticker(1ms);
    goro::sleep(20ms);
    const auto asked = clock::now();
    int at_once = 0;
    while (goro::select(goro::recv_case(ticker.c()), goro::default_case()) == 0) {
      ++at_once;
    }
    EXPECT_LE(at_once - 1, (clock::now() - asked) / 1ms + 1);
  });
}

TEST(time_timer, AnEmptyFunctionIsFatal) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(goro::after_func(1h, std::function<void()>()), testing::ExitedWithCode(2), "go of nil func value");
}

TEST(time_timer, AnExceptionOfTheFunctionEndsTheProgram) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        goro::after_func(0s, [] { throw std::runtime_error("late"); });
        goro::sleep(60s);
      },
      "panic: std::runtime_error: late");
}

// Deadlines of other waits and timers share the processors' agendas.
TEST(time_timer, TimersAndTimedWaitsGetAlong) {
  sweep_processors([] {
    goro::mutex never;
    never.lock();
    together(8, [&](int i) {
      for (int k = 0; k < 20 * scale; ++k) {
        EXPECT_FALSE(never.try_lock_for(50us));
        EXPECT_TRUE(goro::after((i + k) % 5 * 20us).recv());
      }
    });
    never.unlock();
  });
}

}  // namespace
