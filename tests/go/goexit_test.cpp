// goexit, after the tests of runtime.Goexit in runtime/crash_test.go. In the main goroutine:
// tests/programs/goexit_main.cpp.
#include <atomic>
#include <memory>
#include <stdexcept>

#include "goro/mutex.hpp"
#include "goro/wait_group.hpp"
#include "support.hpp"

namespace {

// Deferred calls run, last first, and nothing after goexit does.
TEST(sched_goexit, TestGoexitDefer) {
  std::string order;
  goro::wait_group ended;
  ended.go([&] {
    const goro::defer first([&] { order += "a"; });
    const goro::defer second([&] { order += "b"; });
    [] { goro::goexit(); }();
    order += "never";
  });
  ended.wait();
  EXPECT_EQ(order, "ba");
}

// Out of a handler, with the exception it handles still alive.
TEST(sched_goexit, TestGoexitInPanic) {
  std::atomic<int> destroyed{0};
  struct counted {
    std::shared_ptr<std::atomic<int>> n;
  };
  goro::wait_group ended;
  ended.go([&] {
    const goro::defer d([&] { ++destroyed; });
    try {
      throw std::runtime_error("on its way");
    } catch (const std::runtime_error&) {
      goro::goexit();
    }
  });
  ended.wait();
  EXPECT_EQ(destroyed, 1);
}

// Nothing that catches can hold it: neither a handler for everything that does not rethrow, nor typed ones.
TEST(sched_goexit, CatchCannotStopIt) {
  bool reached = false;
  int handlers = 0;
  goro::wait_group ended;
  ended.go([&] {
    try {
      try {
        goro::goexit();
      } catch (const std::exception&) {
        reached = true;
      }
    } catch (...) {
      ++handlers;
    }
    reached = true;
  });
  ended.wait();
  EXPECT_FALSE(reached);
  EXPECT_EQ(handlers, 1);
}

// A deferred call of a goroutine that leaves may throw and catch by itself.
TEST(sched_goexit, TestRecoveredPanicAfterGoexit) {
  bool caught = false;
  bool reached = false;
  goro::wait_group ended;
  ended.go([&] {
    const goro::defer d([&] {
      try {
        throw std::runtime_error("inside");
      } catch (const std::runtime_error&) {
        caught = true;
      }
    });
    goro::goexit();
    reached = true;
  });
  ended.wait();
  EXPECT_TRUE(caught);
  EXPECT_FALSE(reached);
}

// What runs on the way out may wait like anything else.
TEST(sched_goexit, DestructorsMayPark) {
  support::sweep_processors([] {
    goro::mutex m;
    int passed = 0;
    goro::wait_group ended;
    for (int i = 0; i < 20; ++i) {
      ended.go([&] {
        const goro::defer d([&] {
          goro::yield();
          const std::lock_guard hold(m);
          goro::sleep(std::chrono::microseconds(10));
          ++passed;
        });
        goro::goexit();
      });
    }
    ended.wait();
    EXPECT_EQ(passed, 20);
  });
}

// The stack of one that left serves others.
TEST(sched_goexit, ManyLeaveFromDeepCalls) {
  struct deep {
    [[gnu::noinline]] static void leave(int depth, std::atomic<int>& destructors) {
      const goro::defer d([&] { ++destructors; });
      if (depth > 0) {
        leave(depth - 1, destructors);
      } else if (destructors >= 0) {
        goro::goexit();
      }
    }
  };
  support::sweep_processors([] {
    constexpr int n = 50;
    constexpr int depth = 40;
    std::atomic<int> destructors{0};
    goro::wait_group ended;
    for (int i = 0; i < n; ++i) {
      ended.go([&] { deep::leave(depth - 1, destructors); });
    }
    ended.wait();
    EXPECT_EQ(destructors, n * depth);
  });
}

TEST(sched_goexit, PanicsOnAForeignThread) {
  EXPECT_TRUE(support::panics_with("goro: goexit called outside a goroutine", [] { goro::goexit(); }));
}

// The main goroutine of run() leaves: run never returns, the others go on and may end the program.
TEST(sched_goexit_main, TestGoexitDeadlock) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(goro::run([] { goro::goexit(); }), ::testing::ExitedWithCode(2),
              "no goroutines \\(main called runtime.Goexit\\) - deadlock!");
}

TEST(sched_goexit_main, TestGoexitCrash) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(goro::run([] {
                for (int i = 0; i < 8; ++i) {
                  goro::go([] { goro::yield(); });
                }
                goro::goexit();
              }),
              ::testing::ExitedWithCode(2), "no goroutines");
}

// The last goroutines computed for so long that they have lost their processors when they end.
TEST(sched_goexit_main, TheLastEndWithoutAProcessor) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(goro::run([] {
                goro::gomaxprocs(1);
                for (int i = 0; i < 3; ++i) {
                  goro::go([] {
                    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(25);
                    while (std::chrono::steady_clock::now() < end) {
                    }
                  });
                }
                goro::goexit();
              }),
              ::testing::ExitedWithCode(2), "no goroutines");
}

TEST(sched_goexit_main, OthersMayEndTheProgram) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(goro::run([] {
                goro::go([] {
                  goro::sleep(std::chrono::milliseconds(1));
                  std::exit(7);
                });
                goro::goexit();
              }),
              ::testing::ExitedWithCode(7), "");
}

// Go: TestMainGoroutineID.
TEST(sched_goexit_main, TestMainGoroutineID) {
  std::uint64_t id = 0;
  goro::run([&] { id = goro::goroutine_id(); });
  EXPECT_EQ(id, 1U);
  EXPECT_EQ(goro::goroutine_id(), 0U);
}

}  // namespace
