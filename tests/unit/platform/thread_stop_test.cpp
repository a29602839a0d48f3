#include "platform/thread_stop.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>

#include "goro/detail/config.hpp"
#include "platform/linux/task_folder.hpp"
#include "platform/os.hpp"

namespace goro::platform {
namespace {

constexpr base::nanoseconds patience = 10'000'000'000;

bool nobody(int) { return false; }

class ThreadStop : public testing::Test {
 protected:
  void SetUp() override {
#ifdef GORO_EMULATED
    GTEST_SKIP() << "the emulator's threads and signals are not the program's";
#endif
    if (GORO_WITH_TSAN != 0) {
      GTEST_SKIP() << "ThreadSanitizer has a thread of its own, which sleeps for a time";
    }
  }
};

TEST_F(ThreadStop, HoldsAThreadStillThatRuns) {
  std::atomic<int> thread{0};
  std::atomic<bool> goes_on{true};
  std::atomic<unsigned long> count{0};
  std::thread counting([&] {
    thread = thread_id();
    while (goes_on) {
      count.fetch_add(1, std::memory_order_relaxed);
    }
  });
  while (count < 1000) {
  }
  for (int round = 0; round < 50; ++round) {
    stopped_threads others;
    ASSERT_TRUE(others.stop(&nobody, base::now_ns() + patience));
    const unsigned long before = count;
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(for_each_other_task([](const task_state&) {}));  // time passes
    }
    EXPECT_EQ(count, before);
    EXPECT_NE(stack_pointer_of_stopped(thread), nullptr);
    others.release();
    EXPECT_EQ(stack_pointer_of_stopped(thread), nullptr);
    while (count == before) {
    }
  }
  goes_on = false;
  counting.join();
}

TEST_F(ThreadStop, LeavesOutWhoIsNamed) {
  std::atomic<int> thread{0};
  std::atomic<bool> goes_on{true};
  std::thread running([&] {
    thread = thread_id();
    while (goes_on) {
    }
  });
  while (thread == 0) {
  }
  stopped_threads others;
  EXPECT_TRUE(others.stop([&](int t) { return t == thread; }, base::now_ns() + patience));
  EXPECT_EQ(stack_pointer_of_stopped(thread), nullptr);
  goes_on = false;
  running.join();  // while the others are stopped
}

void wait_until_in_call(int thread, long call) {
  for (bool there = false; !there;) {
    for_each_other_task([&](const task_state& t) { there = there || (t.thread == thread && t.call == call); });
  }
}

TEST_F(ThreadStop, ACallThatGoesOnIsNotDisturbed) {
  std::array<int, 2> ends;
  ASSERT_EQ(::pipe(ends.data()), 0);
  std::atomic<int> thread{0};
  long got = 0;
  std::thread reading([&] {
    char c;
    thread = thread_id();
    got = ::read(ends[0], &c, 1);
  });
  while (thread == 0) {
  }
  wait_until_in_call(thread, SYS_read);
  {
    stopped_threads others;
    EXPECT_TRUE(others.stop(&nobody, base::now_ns() + patience));
  }
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  reading.join();
  EXPECT_EQ(got, 1);
}

TEST_F(ThreadStop, ACallThatASignalWouldEndIsLeftAlone) {
  std::array<int, 2> ends;
  ASSERT_EQ(::pipe(ends.data()), 0);
  std::atomic<int> thread{0};
  int got = 0;
  std::thread polling([&] {
    pollfd wanted{ends[0], POLLIN, 0};
    thread = thread_id();
    got = ::poll(&wanted, 1, -1);
  });
  while (thread == 0) {
  }
#if defined(SYS_poll)
  wait_until_in_call(thread, SYS_poll);
#else
  wait_until_in_call(thread, SYS_ppoll);
#endif
  {
    stopped_threads others;
    EXPECT_FALSE(others.stop(&nobody, base::now_ns() + patience));
  }
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  polling.join();
  EXPECT_EQ(got, 1);
}

}  // namespace
}  // namespace goro::platform
