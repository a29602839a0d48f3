// What the tests of the scheduler share. The layers above (sync, time) are not to be used here.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "goro/go.hpp"
#include "sched/wait_table.hpp"

namespace goro::sched_test {

using namespace std::chrono_literals;

// Waits, on a thread, for what must come true. False after a time that no healthy program needs.
template <class Condition>
bool eventually(Condition condition) {
  const auto give_up = std::chrono::steady_clock::now() + 60s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) {
      return false;
    }
    std::this_thread::yield();
  }
  return true;
}

// f in a goroutine; returns when it has ended.
template <class F>
void in_goroutine(F f) {
  run([&f] { f(); });
}

// f(0) … f(n - 1) at the same time: even ones in goroutines, odd ones on threads. Returns when all have ended.
template <class F>
void goroutines_and_threads(int n, const F& f) {
  std::atomic<int> left{n};
  std::vector<std::thread> threads;
  for (int i = 0; i < n; ++i) {
    const auto body = [&f, &left, i] {
      f(i);
      left.fetch_sub(1);
    };
    if (i % 2 == 0) {
      go(body);
    } else {
      threads.emplace_back(body);
    }
  }
  for (auto& t : threads) {
    t.join();
  }
  EXPECT_TRUE(eventually([&] { return left == 0; }));
}

inline constexpr auto always = [] { return true; };

// Blocks for a while, as sleep() of the layer above does.
inline void pause_for(base::nanoseconds duration) {
  static int never_woken;
  sched::wait_on(&never_woken, {.reason = sched::wait_reason::sleep, .deadline = base::now_ns() + duration}, always);
}

}  // namespace goro::sched_test
