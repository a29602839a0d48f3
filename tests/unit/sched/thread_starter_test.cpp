// Threads that the monitor starts for others. What they inherit: tests/go/lock_os_thread_test.cpp.
#include "sched/thread_starter.hpp"

#include <unistd.h>

#include "../own_process.hpp"
#include "platform/faults.hpp"
#include "sched/inspect.hpp"
#include "sched/scheduler.hpp"
#include "support.hpp"

namespace goro::sched {
namespace {

using namespace std::chrono_literals;
using sched_test::eventually;

// What the monitor waits for, inside a call that it was asked to make. Static, as it is still used when a test fails.
std::atomic<bool> monitor_is_held{false};
std::atomic<bool> monitor_may_go_on{false};

bool hold_monitor() {
  monitor_is_held = false;
  monitor_may_go_on = false;
  return call_in_monitor([] {
           monitor_is_held = true;
           eventually([] { return monitor_may_go_on.load(); });
         }) &&
         eventually([] { return monitor_is_held.load(); });
}

std::atomic<bool> call_begun{false};
std::atomic<bool> call_may_end{false};
std::atomic<int> ended{0};

void block_the_only_worker() {
  go([] {
    blocking([] {
      call_begun = true;
      eventually([] { return call_may_end.load(); });
    });
    ++ended;
  });
}

// It may hold a lock that the monitor is after.
TEST(ThreadStarter, WhoNeedsAWorkerDoesNotWaitForTheMonitor) {
  call_begun = false;
  call_may_end = false;
  ended = 0;
  gomaxprocs(1);
  block_the_only_worker();
  ASSERT_TRUE(eventually([] { return call_begun.load(); }));
  ASSERT_TRUE(hold_monitor());
  go([] { ++ended; });
  EXPECT_TRUE(monitor_is_held && !monitor_may_go_on);
  EXPECT_EQ(sched.worker_count.load(), 2U);  // asked for
  EXPECT_EQ(ended, 0);                       // and not there
  monitor_may_go_on = true;
  EXPECT_TRUE(eventually([] { return ended == 1; }));
  call_may_end = true;
  EXPECT_TRUE(eventually([] { return ended == 2; }));
}

std::atomic<bool> has_run{false};
void note_run(void*) { has_run = true; }

TEST(ThreadStarter, WhoWaitsForAThreadIsToldWhetherItIsThere) {
  gomaxprocs(1);
  ensure_started();
  ASSERT_TRUE(hold_monitor());  // it serves requests now
  monitor_may_go_on = true;
  has_run = false;
  EXPECT_TRUE(start_thread_from_clean_one(&note_run, nullptr, "goro-test"));
  EXPECT_TRUE(eventually([] { return has_run.load(); }));

  has_run = false;
  platform::deny(platform::service::thread);
  EXPECT_FALSE(start_thread_from_clean_one(&note_run, nullptr, "goro-test"));
  platform::allow(platform::service::thread);
  EXPECT_FALSE(has_run);
}

// The thread that ends may be the one that the system has too many: the monitor tries again. A process of its own: in
// this one another worker may sleep.
TEST(ThreadStarterDeathTest, TheLastWorkerEndsAndItsSuccessorIsRefusedForAWhile) {
  run_death_tests_in_own_process();
  EXPECT_EXIT(
      {
        gomaxprocs(1);
        go([] {
          platform::deny(platform::service::thread);  // first: on a busy machine the go statement may hand over
          lock_os_thread();
          go([] { ++ended; });
        });
        const bool refused = eventually([] { return sched.thread_refused.load(); });
        std::this_thread::sleep_for(50ms);  // time to fail, for one that does not try several times
        const bool waits = ended == 0;
        platform::allow(platform::service::thread);
        const bool goes_on = eventually([] { return ended == 1; });
        _exit(!refused ? 3 : !waits ? 4 : !goes_on ? 5 : 0);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace goro::sched
