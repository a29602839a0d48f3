#include "base/futex.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <thread>

namespace goro::base {
namespace {

TEST(Futex, ReturnsAtOnceWhenTheWordDiffers) {
  futex_word word{1};
  EXPECT_TRUE(futex_wait(word, 0));
}

TEST(Futex, DeadlineInThePastHasPassed) {
  futex_word word{0};
  EXPECT_FALSE(futex_wait(word, 0, now_ns() - 1));
  EXPECT_FALSE(futex_wait(word, 0, 0));
  EXPECT_FALSE(futex_wait(word, 0, -5));
}

TEST(Futex, WaitsUntilItsDeadline) {
  futex_word word{0};
  const nanoseconds deadline = now_ns() + 20'000'000;
  while (futex_wait(word, 0, deadline)) {
  }
  EXPECT_GE(now_ns(), deadline);
}

TEST(Futex, IsWokenByAChange) {
  futex_word word{0};
  std::thread waker([&] {
    word.store(1, memory_order_release);
    futex_wake(word);
  });
  while (word.load(memory_order_acquire) == 0) {
    futex_wait(word, 0);
  }
  waker.join();
}

TEST(Futex, KeepsErrno) {
  futex_word word{0};
  errno = 12345;
  futex_wait(word, 1);
  futex_wait(word, 0, 0);
  futex_wake(word);
  EXPECT_EQ(errno, 12345);
}

TEST(Futex, WakingAWordThatIsGoneIsHarmless) { futex_wake(*reinterpret_cast<futex_word*>(64)); }

}  // namespace
}  // namespace goro::base
