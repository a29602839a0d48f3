#include "base/lock.hpp"
#include "../own_process.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace goro::base {
namespace {

TEST(Lock, ExcludesThreads) {
  lock guarding(lock_rank::scheduler);
  int counter = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20'000; ++i) {
        const lock_guard guard(guarding);
        ++counter;
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(counter, 80'000);
}

TEST(Lock, AnotherThreadMayReleaseIt) {
  if (debug_build) {
    GTEST_SKIP() << "rank checks know threads";
  }
  lock l(lock_rank::channel);
  l.acquire();
  std::thread([&] { l.release(); }).join();
  l.acquire();
  l.release();
}

TEST(LockDeathTest, RanksAreCheckedInDebugBuilds) {
  if (!debug_build) {
    GTEST_SKIP() << "release builds do not check";
  }
  run_death_tests_in_own_process();
  lock outer(lock_rank::wait_bucket), inner(lock_rank::stack_arena);
  EXPECT_EXIT(
      {
        inner.acquire();
        outer.acquire();
      },
      ::testing::ExitedWithCode(2), "out of rank order");
}

TEST(Lock, RanksInOrderAreFine) {
  lock outer(lock_rank::wait_bucket), first(lock_rank::channel), second(lock_rank::channel),
      inner(lock_rank::stack_arena);
  const lock_guard a(outer), b(first), c(second), d(inner);
}

}  // namespace
}  // namespace goro::base
