// The operating system refuses: goro goes on with less, or says clearly what it cannot do. Never a hang. Each case is a
// process of its own, with the refusal in GORODEBUG (src/platform/faults.hpp). The texts in full: tests/programs.
#include <cstdlib>
#include <memory>

#include "goro/semaphore.hpp"
#include "goro/wait_group.hpp"
#include "support.hpp"

namespace {

using namespace std::chrono_literals;

constexpr const char* no_thread = "fatal error: failed to create a thread for goroutines to run on";

class sched_faults : public support::fatal {
 protected:
  static void refuse(const char* services) {
    setenv("GORODEBUG", services, 1);
    goro::gomaxprocs(1);
  }
};

// Everything a program does, and 0 when it worked.
[[noreturn]] void use_everything() {
  const int status = goro::run([] {
    goro::gomaxprocs(4);
    constexpr int n = 500;
    goro::wait_group group;
    goro::semaphore gate(n);
    gate.acquire(n);
    for (int i = 0; i < n; ++i) {
      group.go([&gate, i] {
        if (i % 100 == 0) {
          goro::blocking([] { std::this_thread::sleep_for(100us); });
        }
        goro::sleep(100us);
        gate.acquire();
      });
    }
    gate.release(n);
    group.wait();
    return 0;
  });
  std::exit(status);
}

TEST_F(sched_faults, GuardsAreMadeByProtectionOrCanaries) {
  EXPECT_EXIT((refuse("deny=guard"), use_everything()), ::testing::ExitedWithCode(0), "");
  EXPECT_EXIT((refuse("deny=guard,mprotect"), use_everything()), ::testing::ExitedWithCode(0), "");
}

TEST_F(sched_faults, MemoryIsGivenBackOneByOne) {
  EXPECT_EXIT((refuse("deny=batch"), use_everything()), ::testing::ExitedWithCode(0), "");
}

// The first thread is the monitor's, the second the first worker's.
TEST_F(sched_faults, OneWorkerIsEnough) {
  EXPECT_EXIT((refuse("deny=thread:3"), use_everything()), ::testing::ExitedWithCode(0), "");
}

TEST_F(sched_faults, NoThreadAtAll) {
  EXPECT_EXIT((refuse("deny=thread:1"), use_everything()), ::testing::ExitedWithCode(2), no_thread);
}

// The only worker is bound to a goroutine that waits for others, and no second one can be had.
TEST_F(sched_faults, ALockedGoroutineThatNeedsASecondThread) {
  EXPECT_EXIT((refuse("deny=thread:3"), goro::run([] {
                 goro::lock_os_thread();
                 for (;;) {
                   goro::yield();
                 }
               })),
              ::testing::ExitedWithCode(2), no_thread);
}

// The goroutine waits for the call to have begun: on a loaded machine it may be its turn before.
TEST_F(sched_faults, ABlockingCallThatNeedsASecondThread) {
  EXPECT_EXIT((refuse("deny=thread:3"), goro::run([] {
                 std::atomic<bool> calling{false};
                 std::atomic<bool> never{false};
                 goro::go([&calling, &never] {
                   while (!calling) {
                     goro::yield();
                   }
                   never = true;
                 });
                 goro::blocking([&calling, &never] {
                   calling = true;
                   while (!never) {
                     std::this_thread::sleep_for(1ms);
                   }
                 });
               })),
              ::testing::ExitedWithCode(2), no_thread);
}

TEST_F(sched_faults, ABlockingCallThatEndsNeedsNoSecondThread) {
  EXPECT_EXIT((refuse("deny=thread:3"), goro::run([] {
                 std::atomic<bool> ran{false};
                 goro::go([&ran] { ran = true; });
                 goro::blocking([] { std::this_thread::sleep_for(50ms); });
                 while (!ran) {
                   goro::yield();
                 }
                 std::exit(0);
               })),
              ::testing::ExitedWithCode(0), "");
}

// A timer is due while the only worker sits in a blocking call: late, but not lost.
TEST_F(sched_faults, TimersSurviveARefusedThread) {
  EXPECT_EXIT((refuse("deny=thread:3"), goro::run([] {
                 goro::wait_group group;
                 group.go([] { goro::sleep(10ms); });
                 goro::yield();
                 goro::blocking([] { std::this_thread::sleep_for(100ms); });
                 group.wait();
                 std::exit(0);
               })),
              ::testing::ExitedWithCode(0), "");
}

// The only worker ends with its goroutine: nobody is left.
TEST_F(sched_faults, TheLastWorkerEndsAndNoneCanBeStarted) {
  EXPECT_EXIT((refuse("deny=thread:3"), goro::run([] {
                 goro::go([] {
                   for (;;) {
                     goro::yield();
                   }
                 });
                 goro::lock_os_thread();
               }),
               std::this_thread::sleep_for(1h)),
              ::testing::ExitedWithCode(2), no_thread);
}

#if GORO_WITH_ASAN

// LeakSanitizer looks at the stacks of goroutines that wait, and into closures that have not started.
TEST_F(sched_faults, WhatWaitingGoroutinesHoldIsNoLeak) {
  EXPECT_EXIT(goro::run([] {
                goro::gomaxprocs(1);
                goro::semaphore never(0);
                for (int i = 0; i < 100; ++i) {
                  goro::go([&never] {
                    const auto held = std::make_unique<int>(1);
                    never.acquire();
                    asm volatile("" : : "r"(held.get()) : "memory");
                  });
                }
                goro::yield();
                goro::go([held = std::make_unique<int>(1)] { goro::yield(); });
                std::exit(0);
              }),
              ::testing::ExitedWithCode(0), "");
}

TEST_F(sched_faults, WhatAGoroutineLosesIsALeak) {
  EXPECT_EXIT(goro::run([] {
                goro::wait_group group;
                group.go([] {
                  for (int i = 0; i < 100; ++i) {
                    asm volatile("" : : "r"(new int(i)) : "memory");
                  }
                });
                group.wait();
                std::exit(0);
              }),
              ::testing::ExitedWithCode(1), "LeakSanitizer: detected memory leaks");
}

#endif

}  // namespace
