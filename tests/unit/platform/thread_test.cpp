#include <gtest/gtest.h>
#include <pthread.h>

#include <csignal>
#include <string>
#include <thread>

#include "base/futex.hpp"
#include "platform/faults.hpp"
#include "platform/os.hpp"
#include "platform/sanitizer.hpp"

namespace goro::platform {
namespace {

struct report {
  base::futex_word done{0};
  int id = 0;
  bool is_main = true;
  bool blocks_user_signal = false;
  bool blocks_segv = true;
  bool local_on_stack = false;
  std::string name;

  void wait() {
    while (done.load(base::memory_order_acquire) == 0) {
      base::futex_wait(done, 0);
    }
    sanitizer_acquire(this);  // a race build does not see atomics in this layer
  }
};

void body(void* raw) {
  auto& r = *static_cast<report*>(raw);
  r.id = thread_id();
  r.is_main = is_main_thread();
  sigset_t mask;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  r.blocks_user_signal = ::sigismember(&mask, SIGTERM) == 1 && ::sigismember(&mask, SIGALRM) == 1;
  r.blocks_segv = ::sigismember(&mask, SIGSEGV) == 1 || ::sigismember(&mask, SIGFPE) == 1;
  const auto* here = static_cast<const std::byte*>(__builtin_frame_address(0));
  const stack_bounds bounds = thread_stack();
  r.local_on_stack = here >= bounds.low && here < bounds.high;
  char name[16];
  ::pthread_getname_np(::pthread_self(), name, sizeof(name));
  r.name = name;
  sanitizer_release(&r);
  r.done.store(1, base::memory_order_release);
  base::futex_wake(r.done);
}

TEST(Thread, StartsWithAsynchronousSignalsBlocked) {
  report r;
  ASSERT_TRUE(start_thread(&body, &r, "goro/worker with a long name"));
  r.wait();
  EXPECT_NE(r.id, thread_id());
  EXPECT_GT(r.id, 0);
  EXPECT_FALSE(r.is_main);
  EXPECT_TRUE(r.blocks_user_signal);
  EXPECT_FALSE(r.blocks_segv);
  EXPECT_TRUE(r.local_on_stack);
  EXPECT_EQ(r.name, "goro/worker wit");
}

TEST(Thread, StartingLeavesTheCallersMaskAlone) {
  sigset_t before;
  sigset_t after;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &before);
  report r;
  ASSERT_TRUE(start_thread(&body, &r, "x"));
  r.wait();
  ::pthread_sigmask(SIG_BLOCK, nullptr, &after);
  EXPECT_EQ(::sigismember(&before, SIGTERM), ::sigismember(&after, SIGTERM));
}

TEST(Thread, ARefusedStartIsFalse) {
  deny(service::thread);
  EXPECT_FALSE(start_thread(&body, nullptr, "x"));
  allow(service::thread);
}

TEST(Thread, TheFirstThreadIsMain) {
  EXPECT_TRUE(is_main_thread());
  std::thread([] { EXPECT_FALSE(is_main_thread()); }).join();
}

TEST(Thread, KnowsItsStack) {
  const auto* here = static_cast<const std::byte*>(__builtin_frame_address(0));
  const stack_bounds bounds = thread_stack();
  EXPECT_GE(here, bounds.low);
  EXPECT_LT(here, bounds.high);
}

TEST(Processors, ThereIsAtLeastOne) {
  EXPECT_GE(usable_processors(), 1U);
  EXPECT_LE(usable_processors(), 1U << 20);
}

}  // namespace
}  // namespace goro::platform
