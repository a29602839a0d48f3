// Goroutines that can never go on, and goroutines that a test leaves behind.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "goro/goro.hpp"
#include "goro/testing.hpp"

namespace {

using namespace std::chrono_literals;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool searches_memory = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool searches_memory = false;
#else
constexpr bool searches_memory = true;
#endif
#else
constexpr bool searches_memory = true;
#endif

std::size_t waiting(std::string_view name) {
  const auto all = goro::debug::goroutines();
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [&](const auto& g) { return g.name == name && g.waiting; }));
}

void wait_until_waiting(std::string_view name, std::size_t count) {
  while (waiting(name) != count) {
    goro::yield();
  }
}

std::size_t leaked(std::string_view name) {
  const auto all = goro::debug::leaks();
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [&](const auto& l) { return l.goroutine.name == name; }));
}

// What happens in here leaves its traces in frames that are gone afterwards.
template <class F>
[[gnu::noinline]] void apart(F f) {
  goro::wait_group done;
  done.go(f);
  done.wait();
}

TEST(DebugLeaks, NilChannelsAndEmptySelectsAreCertain) {
  goro::go({.name = "nil"}, [] { goro::chan<int>{}.recv(); });
  goro::go({.name = "empty"}, [] { goro::select(); });
  wait_until_waiting("nil", 1);
  wait_until_waiting("empty", 1);
  EXPECT_EQ(leaked("nil"), 1u);
  EXPECT_EQ(leaked("empty"), 1u);
}

TEST(DebugLeaks, AChannelThatNobodyElseHas) {
  if (!searches_memory) {
    GTEST_SKIP() << "a sanitizer keeps freed memory, and with it old references: no leak is certain there";
  }
  apart([] {
    const goro::chan<int> c = goro::make_chan<int>();
    goro::go({.name = "lost"}, [c] { c.send(1); });
  });
  wait_until_waiting("lost", 1);
  EXPECT_EQ(leaked("lost"), 1u);
  for (const auto& l : goro::debug::leaks()) {
    if (l.goroutine.name == "lost") {
      EXPECT_NE(l.trace.find("\"lost\" [chan send]:\n"), std::string::npos) << l.trace;
      EXPECT_NE(l.goroutine.created_by, "");
    }
  }
}

TEST(DebugLeaks, ACircleOfThem) {
  if (!searches_memory) {
    GTEST_SKIP() << "a sanitizer keeps freed memory, and with it old references: no leak is certain there";
  }
  apart([] {
    const goro::chan<int> a = goro::make_chan<int>();
    const goro::chan<int> b = goro::make_chan<int>();
    goro::go({.name = "circle"}, [a, b] {
      a.recv();
      b.send(1);
    });
    goro::go({.name = "circle"}, [a, b] {
      goro::select(goro::recv_case(b), goro::recv_case(goro::chan<int>{}));
      a.send(1);
    });
    goro::go({.name = "circle"}, [a] {
      goro::mutex m;
      m.lock();
      m.lock();
      a.close();
    });
  });
  wait_until_waiting("circle", 3);
  EXPECT_EQ(leaked("circle"), 3u);
}

TEST(DebugLeaks, WhatSomebodyMayStillWakeIsNone) {
  const goro::chan<int> held = goro::make_chan<int>();
  const auto in_heap = std::make_unique<goro::chan<int>>(goro::make_chan<int>());
  goro::mutex here;
  here.lock();
  goro::go({.name = "waits"}, [held] { held.recv(); });
  goro::go({.name = "waits"}, [c = *in_heap] { c.recv(); });
  goro::wait_group has_unlocked;
  has_unlocked.add();
  goro::go({.name = "waits"}, [&] {
    here.lock();
    here.unlock();
    has_unlocked.done();
  });
  // Of a goroutine that sleeps, or waits with an end.
  apart([] {
    const goro::chan<int> c = goro::make_chan<int>();
    goro::go({.name = "waits"}, [c] { c.recv(); });
    goro::go({.name = "sleeps"}, [c] {
      goro::sleep(1h);
      c.send(1);
    });
    goro::go({.name = "waits"}, [] { goro::after(1h).recv(); });
    goro::go({.name = "waits"}, [] {
      goro::mutex m;
      m.lock();
      m.try_lock_for(1h);
    });
    const auto [ctx, cancel] = goro::with_timeout(goro::background(), 1h);
    goro::go({.name = "waits"}, [ctx = ctx] {
      goro::mutex m;
      m.lock();
      m.lock(ctx);
    });
    goro::sleep(1ms);
  });
  const goro::chan<int> of_thread = goro::make_chan<int>();
  std::thread foreign([of_thread] { of_thread.recv(); });
  while (leaked("waits") + waiting("waits") < 5) {
    goro::yield();
  }
  EXPECT_EQ(leaked("waits"), 0u);
  held.close();
  in_heap->close();
  here.unlock();
  has_unlocked.wait();
  of_thread.close();
  foreign.join();
}

TEST(DebugLeaks, ThoseOfAHeapObjectCountAsHeld) {
  const auto shared = std::make_shared<goro::wait_group>();
  shared->add();
  goro::go({.name = "heap"}, [shared] { shared->wait(); });
  wait_until_waiting("heap", 1);
  EXPECT_EQ(leaked("heap"), 0u);
  shared->done();
}

// leak_check ---------------------------------------------------------------------------------------------------------

TEST(LeakCheck, IsContentWhenAllHaveEnded) {
  const goro::testing::leak_check no_leaks([](std::string_view text) { ADD_FAILURE() << text; });
  for (int i = 0; i < 10; ++i) {
    goro::go([] { goro::sleep(2ms); });
  }
}

TEST(LeakCheck, DoesNotMindThoseFromBefore) {
  const goro::chan<int> c = goro::make_chan<int>();
  goro::go([c] { c.recv(); });
  {
    const goro::testing::leak_check no_leaks([](std::string_view text) { ADD_FAILURE() << text; });
  }
  c.close();
}

TEST(LeakCheck, NamesWhatIsLeft) {
  const goro::chan<int> c = goro::make_chan<int>();
  std::string report;
  {
    const goro::testing::leak_check no_leaks([&](std::string_view text) { report = text; }, 1ms);
    goro::go({.name = "left"}, [c] { c.recv(); });
    const auto waits = [](const goro::debug::goroutine_info& g) { return g.name == "left" && g.waiting; };
    for (bool seen = false; !seen; goro::yield()) {
      const auto all = goro::debug::goroutines();
      seen = std::any_of(all.begin(), all.end(), waits);
    }
  }
  EXPECT_TRUE(report.starts_with("goro: 1 goroutine leaked\n\ngoroutine ")) << report;
  EXPECT_NE(report.find("\"left\" [chan receive]:\n"), std::string::npos) << report;
  EXPECT_NE(report.find("created by LeakCheck_NamesWhatIsLeft_Test::TestBody"), std::string::npos) << report;
  c.close();
}

TEST(LeakCheck, DoesNotWaitForTheHopeless) {
  std::string report;
  const auto begin = std::chrono::steady_clock::now();
  {
    const goro::testing::leak_check no_leaks([&](std::string_view text) { report = text; }, 1h);
    goro::go([] { goro::chan<int>{}.recv(); });
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1min);
  EXPECT_TRUE(report.starts_with("goro: 1 goroutine leaked\n")) << report;
}

TEST(LeakCheckDeathTest, EndsTheProcessByDefault) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        const goro::testing::leak_check no_leaks({}, 1ms);
        goro::go([] { goro::select(); });
      },
      ::testing::ExitedWithCode(2), "goro: 1 goroutine leaked");
}

// Many, last of all: those that are lost stay -------------------------------------------------------------------------

constexpr std::size_t many = 10'000;

// For all to begin: a look at so many takes its time, and nobody begins meanwhile.
class beginners {
 public:
  void begin() noexcept { ++count_; }
  void wait_for(std::size_t count) const noexcept {
    while (count_ != count) {
      goro::yield();
    }
  }

 private:
  std::atomic<std::size_t> count_{0};
};

void start_many(const char* name, const goro::chan<int>& c, beginners& all_begin) {
  for (std::size_t i = 0; i < many; ++i) {
    goro::go({.name = name}, [c, &all_begin] {
      all_begin.begin();
      c.recv();
    });
  }
}

// Each holds what the next one waits for.
void start_chain(const char* name, goro::chan<int> waits_for, beginners& all_begin) {
  for (std::size_t i = 0; i < many; ++i) {
    goro::chan<int> next = goro::make_chan<int>();
    goro::go({.name = name}, [waits_for, next, &all_begin] {
      all_begin.begin();
      waits_for.recv();
      next.close();
    });
    waits_for = next;
  }
}

TEST(DebugLeaksOfMany, ManyThatWaitForOneChannel) {
  if (!searches_memory) {
    GTEST_SKIP() << "a sanitizer keeps freed memory, and with it old references: no leak is certain there";
  }
  beginners all_begin;
  apart([&all_begin] { start_many("one channel", goro::make_chan<int>(), all_begin); });
  all_begin.wait_for(many);
  wait_until_waiting("one channel", many);
  EXPECT_EQ(leaked("one channel"), many);
}

TEST(DebugLeaksOfMany, AChainOfMany) {
  if (!searches_memory) {
    GTEST_SKIP() << "a sanitizer keeps freed memory, and with it old references: no leak is certain there";
  }
  beginners all_begin;
  apart([&all_begin] { start_chain("chain", goro::make_chan<int>(), all_begin); });
  all_begin.wait_for(many);
  wait_until_waiting("chain", many);
  EXPECT_EQ(leaked("chain"), many);
}

// A mutex on the stack of one of them, or of somebody who goes on.
TEST(DebugLeaksOfMany, ManyThatWaitForOneMutex) {
  if (!searches_memory) {
    GTEST_SKIP() << "a sanitizer keeps freed memory, and with it old references: no leak is certain there";
  }
  beginners all_begin;
  apart([&all_begin] {
    goro::go({.name = "lost mutex"}, [&all_begin] {
      goro::mutex m;
      m.lock();
      for (std::size_t i = 1; i < many; ++i) {
        goro::go({.name = "lost mutex"}, [&m, &all_begin] {
          all_begin.begin();
          m.lock();
        });
      }
      all_begin.begin();
      m.lock();
    });
  });
  goro::mutex here;
  here.lock();
  goro::wait_group done;
  for (std::size_t i = 0; i < many; ++i) {
    done.add();
    goro::go({.name = "held mutex"}, [&] {
      all_begin.begin();
      here.lock();
      here.unlock();
      done.done();
    });
  }
  all_begin.wait_for(2 * many);
  wait_until_waiting("lost mutex", many);
  wait_until_waiting("held mutex", many);
  EXPECT_EQ(leaked("lost mutex"), many);
  EXPECT_EQ(leaked("held mutex"), 0u);
  here.unlock();
  done.wait();
}

TEST(DebugLeaksOfMany, ManyThatWaitForOneChannelThatSomebodyHas) {
  const goro::chan<int> held = goro::make_chan<int>();
  beginners all_begin;
  start_many("held channel", held, all_begin);
  all_begin.wait_for(many);
  wait_until_waiting("held channel", many);
  EXPECT_EQ(leaked("held channel"), 0u);
  held.close();
  wait_until_waiting("held channel", 0);
}

TEST(DebugLeaksOfMany, AChainOfManyThatSomebodyHasTheBeginningOf) {
  const goro::chan<int> held = goro::make_chan<int>();
  beginners all_begin;
  apart([&] { start_chain("held chain", held, all_begin); });
  all_begin.wait_for(many);
  wait_until_waiting("held chain", many);
  EXPECT_EQ(leaked("held chain"), 0u);
  held.close();
  wait_until_waiting("held chain", 0);
}

}  // namespace
