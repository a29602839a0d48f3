#include <sys/syscall.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

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
