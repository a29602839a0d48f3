#include "platform/thread_stop.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "disturbed_thread.hpp"
#include "goro/detail/config.hpp"
#include "platform/linux/task_folder.hpp"
#include "platform/os.hpp"

namespace goro::platform {
namespace {

constexpr base::nanoseconds patience = 10'000'000'000;

bool nobody(int) { return false; }

class ThreadStop : public DisturbsThreads {
 protected:
  void SetUp() override {
    if (GORO_WITH_TSAN != 0) {
      GTEST_SKIP() << "ThreadSanitizer has a thread of its own, which sleeps for a time";
    }
    DisturbsThreads::SetUp();
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

TEST_F(ThreadStop, ACallThatGoesOnIsNotDisturbed) {
  sleeping_thread reading = sleeping_thread::in_read();
  {
    stopped_threads others;
    EXPECT_TRUE(others.stop(&nobody, base::now_ns() + patience));
  }
  EXPECT_EQ(reading.finish(), 1);
}

TEST_F(ThreadStop, ACallThatASignalWouldEndIsLeftAlone) {
  sleeping_thread polling = sleeping_thread::in_poll();
  {
    stopped_threads others;
    EXPECT_FALSE(others.stop(&nobody, base::now_ns() + patience));
  }
  EXPECT_EQ(polling.finish(), 1);
}

}  // namespace
}  // namespace goro::platform
