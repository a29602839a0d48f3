// Threads that the monitor starts for others. What they inherit: tests/go/lock_os_thread_test.cpp.
#include "sched/thread_starter.hpp"

#include "sched/inspect.hpp"
#include "support.hpp"

namespace goro::sched {
namespace {

using sched_test::eventually;

std::atomic<bool> monitor_is_held{false};
std::atomic<bool> monitor_may_go_on{false};

// It may hold a lock that the monitor is after.
TEST(ThreadStarter, WhoNeedsAWorkerDoesNotWaitForTheMonitor) {
  gomaxprocs(1);
  std::atomic<bool> blocks{false};
  std::atomic<bool> may_end{false};
  std::atomic<int> ended{0};
  go([&] {
    blocking([&] {
      blocks = true;
      while (!may_end) {
        std::this_thread::yield();
      }
    });
    ++ended;
  });
  ASSERT_TRUE(eventually([&] { return blocks.load(); }));
  ASSERT_TRUE(call_in_monitor([] {
    monitor_is_held = true;
    while (!monitor_may_go_on) {
      std::this_thread::yield();
    }
  }));
  ASSERT_TRUE(eventually([&] { return monitor_is_held.load(); }));
  go([&] { ++ended; });  // its worker has to be started: the only one is inside blocking()
  monitor_may_go_on = true;
  EXPECT_TRUE(eventually([&] { return ended == 1; }));
  may_end = true;
  EXPECT_TRUE(eventually([&] { return ended == 2; }));
}

std::atomic<bool> has_run{false};

TEST(ThreadStarter, WhoWaitsForAThreadIsToldWhetherItIsThere) {
  gomaxprocs(1);
  const auto note = [](void*) { has_run = true; };
  EXPECT_TRUE(start_thread_from_clean_one(note, nullptr, "goro-test"));
  EXPECT_TRUE(eventually([] { return has_run.load(); }));
}

}  // namespace
}  // namespace goro::sched
