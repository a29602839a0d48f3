// Goroutines tied to their threads, after the LockOSThread tests of runtime/proc_test.go.
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>

#include "goro/semaphore.hpp"
#include "goro/wait_group.hpp"
#include "support.hpp"

namespace {

using namespace std::chrono_literals;
using support::in_goroutine;

long thread_id() { return syscall(SYS_gettid); }

TEST(sched_lock_os_thread, TestYieldLocked) {
  in_goroutine([] {
    goro::lock_os_thread();
    const long home = thread_id();
    for (int i = 0; i < 10; ++i) {
      goro::yield();
      goro::sleep(1ms);
      EXPECT_EQ(thread_id(), home);
    }
    // Ends locked.
  });
}

TEST(sched_lock_os_thread, TestBlockLocked) {
  support::sweep_processors([] {
    goro::semaphore handed(1);
    goro::semaphore taken(1);
    handed.acquire();
    taken.acquire();
    goro::wait_group ended;
    ended.go([&] {
      goro::lock_os_thread();
      for (int i = 0; i < 10; ++i) {
        handed.release();
        taken.acquire();
      }
      goro::unlock_os_thread();
    });
    for (int i = 0; i < 10; ++i) {
      handed.acquire();
      taken.release();
    }
    ended.wait();
  });
}

TEST(sched_lock_os_thread, TestLockOSThreadNesting) {
  support::sweep_processors([] {
    in_goroutine([] {
      goro::lock_os_thread();
      goro::lock_os_thread();
      const long home = thread_id();
      goro::unlock_os_thread();
      for (int i = 0; i < 20; ++i) {  // still locked once
        goro::sleep(10us);
        EXPECT_EQ(thread_id(), home);
      }
      goro::unlock_os_thread();
      goro::unlock_os_thread();  // more often than locked: nothing
      goro::yield();
      goro::lock_os_thread();  // counts from zero
      const long now = thread_id();
      goro::yield();
      EXPECT_EQ(thread_id(), now);
      goro::unlock_os_thread();
    });
  });
}

// A goroutine that ends locked takes its thread along, by return and by goexit; one that unlocks leaves it to others.
TEST(sched_lock_os_thread, TestLockOSThreadExit) {
  const auto alive = [](long id) { return access(("/proc/self/task/" + std::to_string(id)).c_str(), F_OK) == 0; };
  support::sweep_processors([&] {
    std::atomic<long> returned{0};
    std::atomic<long> left{0};
    goro::go([&] {
      goro::lock_os_thread();
      returned = thread_id();
    });
    goro::go([&] {
      goro::lock_os_thread();
      left = thread_id();
      goro::goexit();
    });
    EXPECT_TRUE(support::eventually([&] { return returned != 0 && !alive(returned); }));
    EXPECT_TRUE(support::eventually([&] { return left != 0 && !alive(left); }));
    in_goroutine([] {});  // the others go on
  });
}

// A thread's own state, used by the goroutines that run there one after the other: ThreadSanitizer need not see that.
#if GORO_WITH_TSAN
#define UNOBSERVED __attribute__((noinline, no_sanitize("thread")))
#else
#define UNOBSERVED __attribute__((noinline))
#endif
thread_local int thread_state = 0;
UNOBSERVED int state_of_this_thread() {
  int* place = &thread_state;
  asm volatile("" : "+r"(place) : : "memory");
  return *place;
}
UNOBSERVED void set_state_of_this_thread(int state) {
  int* place = &thread_state;
  asm volatile("" : "+r"(place) : : "memory");
  *place = state;
}

// What a locked goroutine did to its thread is seen by nobody else: the thread is not reused when it ends.
TEST(sched_lock_os_thread, TestLockOSThreadAvoidsStatePropagation) {
  support::sweep_processors([] {
    for (int i = 0; i < 10; ++i) {
      in_goroutine([] {
        goro::lock_os_thread();
        set_state_of_this_thread(1);
        goro::yield();
      });
      in_goroutine([] { EXPECT_EQ(state_of_this_thread(), 0); });
    }
  });
}

// What a thread of the program has done to itself, workers do not inherit.
class sched_lock_os_thread_state : public support::fatal {
 protected:
  static constexpr int strange = 7;
  static void make_strange() { setpriority(PRIO_PROCESS, static_cast<id_t>(thread_id()), strange); }
  static int niceness() { return getpriority(PRIO_PROCESS, static_cast<id_t>(thread_id())); }
};

TEST_F(sched_lock_os_thread_state, WorkersInheritNothingFromALockedThread) {
  EXPECT_EXIT(goro::run([] {
                goro::gomaxprocs(1);
                const int usual = niceness();
                goro::lock_os_thread();
                make_strange();
                goro::gomaxprocs(2);
                std::atomic<int> found{-100};
                goro::go([&found] { found = niceness(); });  // needs a second worker
                while (found == -100) {
                }
                std::exit(found == usual ? 0 : 1);
              }),
              ::testing::ExitedWithCode(0), "");
}

TEST_F(sched_lock_os_thread_state, WorkersInheritNothingFromAForeignThread) {
  EXPECT_EXIT(
      {
        goro::gomaxprocs(2);
        std::atomic<bool> busy{false};
        goro::go([&busy] {
          for (;;) {
            busy = true;
          }
        });
        while (!busy) {
        }
        std::thread([usual = niceness()] {
          make_strange();
          std::atomic<int> found{-100};
          goro::go([&found] { found = niceness(); });
          while (found == -100) {
          }
          std::_Exit(found == usual ? 0 : 1);
        }).join();
      },
      ::testing::ExitedWithCode(0), "");
}

// Programs that a goroutine starts, and profilers that send signals, find the mask that the program has chosen.
TEST_F(sched_lock_os_thread_state, WorkersHaveTheSignalMaskOfTheThreadThatStartedGoro) {
  EXPECT_EXIT(
      {
        sigset_t chosen;
        sigemptyset(&chosen);
        sigaddset(&chosen, SIGUSR1);
        pthread_sigmask(SIG_BLOCK, &chosen, nullptr);
        goro::gomaxprocs(2);
        sigaddset(&chosen, SIGUSR2);
        pthread_sigmask(SIG_BLOCK, &chosen, nullptr);  // too late
        goro::wait_group ended;
        ended.go([] {
          sigset_t mine;
          pthread_sigmask(SIG_BLOCK, nullptr, &mine);
          const bool right = sigismember(&mine, SIGUSR1) == 1 && sigismember(&mine, SIGUSR2) == 0 &&
                             sigismember(&mine, SIGTERM) == 0 && sigismember(&mine, SIGINT) == 0;
          std::exit(right ? 0 : 1);
        });
        ended.wait();
      },
      ::testing::ExitedWithCode(0), "");
}

// Threads are started while a locked goroutine starts others and its own thread may not be copied from: many at once.
TEST(sched_lock_os_thread, TestLockOSThreadTemplateThreadRace) {
  support::sweep_processors([] {
    goro::wait_group ended;
    for (int i = 0; i < 8 * support::scale; ++i) {
      ended.go([&ended] {
        goro::lock_os_thread();
        ended.go([] { goro::lock_os_thread(); });
      });
    }
    ended.wait();
  });
}

}  // namespace
