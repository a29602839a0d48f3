#include <sys/syscall.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "../own_process.hpp"
#include "goro/debug.hpp"
#include "sched/scheduler.hpp"
#include "support.hpp"

namespace goro::sched {
namespace {

using sched_test::always;
using sched_test::eventually;
using sched_test::in_goroutine;

long thread_id() { return syscall(SYS_gettid); }

TEST(Blocking, ReturnsWhatTheFunctionReturnsAndThrowsWhatItThrows) {
  gomaxprocs(2);
  const auto body = [] {
    int target = 3;
    EXPECT_EQ(blocking([] { return std::string("value"); }), "value");
    EXPECT_EQ(&blocking([&]() -> int& { return target; }), &target);
    EXPECT_THROW(blocking([] { throw std::runtime_error("x"); }), std::runtime_error);
    EXPECT_EQ(blocking([] { return blocking([] { return blocking([] { return 5; }); }); }), 5);
  };
  in_goroutine(body);
  body();  // on a thread it is a plain call
}

TEST(Blocking, StaysOnItsThreadAndOthersRunMeanwhile) {
  gomaxprocs(1);
  in_goroutine([] {
    std::atomic<bool> other_ran{false};
    go([&other_ran] { other_ran = true; });
    blocking([&] {
      const long here = thread_id();
      EXPECT_TRUE(eventually([&] { return other_ran.load(); }));
      EXPECT_EQ(thread_id(), here);
    });
  });
}

// Inside, a goro call blocks the thread, and is woken like any other.
TEST(Blocking, CallsInsideBlockTheThread) {
  gomaxprocs(1);
  int key = 0;
  std::atomic<bool> inside{false};
  std::atomic<bool> ended{false};
  go([&] {
    blocking([&] {
      const long here = thread_id();
      wait_on(&key, {}, [&] {
        inside = true;
        return true;
      });
      EXPECT_EQ(thread_id(), here);
      yield();
      sched_test::pause_for(10'000);
      go([] {});
      EXPECT_EQ(thread_id(), here);
    });
    ended = true;
  });
  ASSERT_TRUE(eventually([&] { return inside.load(); }));
  EXPECT_EQ(wake_one(&key, [](const wake_info&) { return 1U; }), 1U);
  EXPECT_TRUE(eventually([&] { return ended.load(); }));
}

TEST(Blocking, ManyAtOnceNeedNoProcessor) {
  constexpr int n = 20;
  for (const int processors : {1, 2, 64}) {
    gomaxprocs(processors);
    std::atomic<int> inside{0};
    std::atomic<int> ended{0};
    for (int i = 0; i < n; ++i) {
      go([&] {
        blocking([&] {
          ++inside;
          EXPECT_TRUE(eventually([&] { return inside == n; }));  // all of them, whatever gomaxprocs
        });
        ++ended;
      });
    }
    ASSERT_TRUE(eventually([&] { return ended == n; }));
  }
}

// The threads of a burst of blocking calls end when they have been idle for a while, all but one for each processor and
// one that keeps the time.
TEST(Blocking, ThreadsThatNobodyNeedsEnd) {
  constexpr int n = 150;
  gomaxprocs(2);
  std::atomic<int> inside{0};
  std::atomic<int> ended{0};
  for (int i = 0; i < n; ++i) {
    go([&] {
      blocking([&] {
        ++inside;
        EXPECT_TRUE(eventually([&] { return inside == n; }));
      });
      ++ended;
    });
  }
  ASSERT_TRUE(eventually([&] { return ended == n; }));
  EXPECT_GE(sched.worker_count, static_cast<std::uint32_t>(n));
  EXPECT_TRUE(eventually([] { return sched.worker_count <= 3; }));
  in_goroutine([] { EXPECT_EQ(blocking([] { return 5; }), 5); });  // and begin again
}

// Workers end in the middle of everything: no goroutine is left standing, no timer is forgotten.
TEST(Blocking, ThreadsEndAtAnyMoment) {
  for (const int processors : {1, 2, 4}) {
    gomaxprocs(processors);
    std::atomic<int> left{40};
    for (int i = 0; i < 40; ++i) {
      go([&left] {
        for (int turn = 0; turn < 25; ++turn) {
          blocking([] { std::this_thread::yield(); });
          sched_test::pause_for(20'000);
          yield();
        }
        --left;
      });
    }
    ASSERT_TRUE(eventually([&] {
      retire_idle_workers();
      return left == 0;
    }));
  }
}

TEST(BlockingDeathTest, MoreThreadsThanAllowedAreFatal) {
  run_death_tests_in_own_process();
  EXPECT_EXIT(
      {
        EXPECT_EQ(debug::set_max_threads(12), 10'000);
        for (int i = 0; i < 12; ++i) {
          go([] { blocking([] { std::this_thread::sleep_for(std::chrono::hours{1}); }); });
        }
        std::this_thread::sleep_for(std::chrono::hours{1});
      },
      testing::ExitedWithCode(2), "goro: program exceeds 12-thread limit\nfatal error: thread exhaustion");
  EXPECT_EXIT(debug::set_max_threads(1); in_goroutine([] {}), testing::ExitedWithCode(2), "thread exhaustion");
}

TEST(Blocking, MixesWithLockedThreads) {
  for (const int processors : {1, 2, 4}) {
    gomaxprocs(processors);
    std::atomic<int> ended{0};
    constexpr int n = 8;
    for (int i = 0; i < n; ++i) {
      go([&, i] {
        if (i % 2 == 0) {
          lock_os_thread();
        }
        const long home = thread_id();
        for (int turn = 0; turn < 50; ++turn) {
          blocking([] { std::this_thread::yield(); });
          yield();
          if (i % 2 == 0) {
            EXPECT_EQ(thread_id(), home);
          }
        }
        if (i % 4 == 0) {
          unlock_os_thread();
        }
        ++ended;
      });
    }
    ASSERT_TRUE(eventually([&] { return ended == n; }));
  }
}

}  // namespace
}  // namespace goro::sched
