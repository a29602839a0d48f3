#include "sched/shaking.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <vector>

#include "goro/detail/config.hpp"
#include "sched/goroutine.hpp"
#include "support.hpp"

namespace goro::sched {
namespace {

using sched_test::eventually;
using sched_test::in_goroutine;

class shaken {
 public:
  explicit shaken(std::uint8_t how) { shaking.store(how, base::memory_order_relaxed); }
  ~shaken() { shaking.store(0, base::memory_order_relaxed); }
};

std::vector<int> order_of_starts() {
  std::vector<int> order;
  in_goroutine([&order] {
    constexpr int n = 40;
    for (int i = 0; i < n; ++i) {
      go([&order, i] { order.push_back(i); });
    }
    while (order.size() != n) {
      yield();
    }
  });
  return order;
}

TEST(Shaking, ShufflesTheOrderInWhichGoroutinesStart) {
  if (!base::debug_build && GORO_WITH_TSAN == 0) {
    GTEST_SKIP() << "a release build does not shuffle";
  }
  gomaxprocs(1);
  const std::vector<int> usual = order_of_starts();
  const shaken how(shuffles);
  EXPECT_NE(order_of_starts(), usual);
}

// How many move depends on the system: of 200 some 150, and 90 of those that nobody asks to.
TEST(Shaking, MovesParkedGoroutinesAndLosesNone) {
  gomaxprocs(4);
  const shaken how(migrates);
  constexpr int rounds = 200;
  std::atomic<int> round{0};
  std::atomic<int> moves{0};
  std::thread waker([&] {
    for (int i = 0; i < rounds; ++i) {
      EXPECT_TRUE(eventually([&] { return wake_one(&round, [](const wake_info&) { return 0U; }) != 0; }));
    }
  });
  in_goroutine([&] {
    for (; round < rounds; ++round) {
      const long before = syscall(SYS_gettid);
      wait_on(&round, {.reason = wait_reason::semaphore_acquire}, [] { return true; });
      moves += syscall(SYS_gettid) != before ? 1 : 0;
    }
  });
  waker.join();
  EXPECT_EQ(round, rounds);
  EXPECT_GE(moves, rounds / 20);
}

// What a goroutine leaves on its stack is gone when the stack has been given back.
TEST(DeadStack, IsOverwrittenInDebugBuilds) {
  if (!base::debug_build || GORO_WITH_ASAN != 0 || GORO_WITH_TSAN != 0) {
    GTEST_SKIP() << "only debug builds overwrite dead stacks, and sanitizers know them better";
  }
  gomaxprocs(1);
  in_goroutine([] {
    std::atomic<const volatile unsigned char*> left{nullptr};
    go([&left] {
      volatile unsigned char local[64];
      for (volatile unsigned char& c : local) {
        c = 1;
      }
      left = local;
      yield();  // so that its stack is not handed on directly
    });
    while (left == nullptr) {
      yield();
    }
    for (int i = 0; i < 1000 && left.load()[0] != poison_byte; ++i) {
      yield();
    }
    EXPECT_EQ(left.load()[0], poison_byte);
    EXPECT_EQ(left.load()[63], poison_byte);
  });
}

}  // namespace
}  // namespace goro::sched
