// Who sleeps and who wakes whom, seen from outside: work and deadlines that come just when the last worker falls
// asleep.
#include <sys/resource.h>

#include <array>
#include <cstdlib>

#include "support.hpp"

namespace goro::sched {
namespace {

using sched_test::always;
using sched_test::eventually;
using sched_test::in_goroutine;
using sched_test::pause_for;
using namespace std::chrono_literals;

// A lost wakeup shall hang: the monitor does not repair it.
[[maybe_unused]] const int without_net = setenv("GORODEBUG", "rescue=off", 0);

class Idle : public testing::TestWithParam<int> {
 protected:
  void SetUp() override { gomaxprocs(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(Processors, Idle, testing::Values(1, 2, 4, 64), testing::PrintToStringParamName());

#if defined(__x86_64__)
constexpr int rounds = GORO_WITH_TSAN || GORO_WITH_ASAN ? 5'000 : 30'000;
#else
constexpr int rounds = 5'000;  // the others run emulated
#endif

// The last worker gives up after a search of some microseconds; the pauses sweep over that time, so the submission
// meets every step of falling asleep.
TEST_P(Idle, WorkSubmittedWhileTheLastWorkerFallsAsleepIsRun) {
  std::atomic<int> ran{0};
  for (int i = 0; i < rounds; ++i) {
    go([&ran] { ran.fetch_add(1, std::memory_order_release); });
    ASSERT_TRUE(eventually([&] { return ran.load(std::memory_order_acquire) == i + 1; })) << "round " << i;
    for (int pause = i % 1500; pause > 0; --pause) {
      base::cpu_pause();
    }
  }
}

// The same with a wake instead of a go statement.
TEST_P(Idle, WakesWhileTheLastWorkerFallsAsleepArrive) {
  constexpr int wakes = rounds / 5;
  std::atomic<int> seen{0};
  std::atomic<int> asked{0};
  std::atomic<bool> ended{false};
  go([&] {
    for (int i = 1; i <= wakes; ++i) {
      wait_on(&asked, {}, [&] { return asked.load(std::memory_order_relaxed) < i; });
      seen.store(i, std::memory_order_release);
    }
    ended = true;
  });
  for (int i = 1; i <= wakes; ++i) {
    wake_one(&asked, [&](const wake_info&) {
      asked.store(i, std::memory_order_relaxed);
      return 1U;
    });
    ASSERT_TRUE(eventually([&] { return seen.load(std::memory_order_acquire) == i; })) << "round " << i;
    for (int pause = i % 1500; pause > 0; --pause) {
      base::cpu_pause();
    }
  }
  EXPECT_TRUE(eventually([&] { return ended.load(); }));
}

// A timer started earlier than all others while everybody sleeps until a later one.
TEST_P(Idle, AnEarlierTimerIsNotOverslept) {
  std::atomic<bool> ended{false};
  go([&ended] {
    pause_for(3'600'000'000'000);
    ended = true;
  });
  for (int i = 0; i < rounds / 500; ++i) {
    in_goroutine([] { pause_for(50'000); });
  }
  EXPECT_FALSE(ended);
}

TEST_P(Idle, DeadlinesEndInOrderAndNeverEarly) {
  constexpr int sleepers = 20;
  std::atomic<int> ended{0};
  std::array<std::atomic<base::nanoseconds>, sleepers> late{};
  for (int i = 0; i < sleepers; ++i) {
    go([&, i] {
      const base::nanoseconds deadline = base::now_ns() + (sleepers - i) * 500'000;
      wait_on(&late, {.deadline = deadline}, always);
      late[static_cast<std::size_t>(i)] = base::now_ns() - deadline;
      ++ended;
    });
  }
  ASSERT_TRUE(eventually([&] { return ended == sleepers; }));
  for (const auto& by : late) {
    EXPECT_GE(by, 0);
  }
}

// A goroutine that is bound to its thread, or in a blocking call, takes its worker along; somebody else must keep the
// time. The pause outlasts the upkeep after which the monitor sleeps for good.
TEST_P(Idle, TimeIsKeptWhileWorkersAreBound) {
  in_goroutine([] {
    lock_os_thread();
    pause_for(1'500'000'000);
    unlock_os_thread();
  });
  std::atomic<bool> woke{false};
  in_goroutine([&woke] {
    go([&woke] {
      pause_for(20'000'000);
      woke = true;
    });
    yield();
    blocking([&woke] { EXPECT_TRUE(eventually([&] { return woke.load(); })); });
  });
}

TEST_P(Idle, TimeIsKeptWhenTheOnlyWorkerEnds) {
  std::atomic<bool> woke{false};
  go([&woke] {
    pause_for(1'500'000'000);
    woke = true;
  });
  go([] { lock_os_thread(); });  // takes its thread along
  EXPECT_TRUE(eventually([&] { return woke.load(); }));
}

double processor_seconds(int whose) {
  rusage used{};
  getrusage(whose, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

// More workers than processors, the one that keeps the time among them; its deadline passes while the processor is
// busy. It must wait for the processor without using another.
TEST(IdleCost, ATimekeeperWithoutAProcessorSleeps) {
  gomaxprocs(1);
  in_goroutine([] {
    std::atomic<int> left{4};
    for (int i = 0; i < 4; ++i) {
      go([&left] {
        blocking([] { std::this_thread::sleep_for(5ms); });
        --left;
      });
    }
    while (left != 0) {
      yield();
    }
    std::atomic<bool> woke{false};
    go([&woke] {
      pause_for(30'000'000);
      woke = true;
    });
    pause_for(2'000'000);
    const double all = processor_seconds(RUSAGE_SELF);
    const double own = processor_seconds(RUSAGE_THREAD);
    while (processor_seconds(RUSAGE_THREAD) - own < 0.2) {
    }
    const double others = processor_seconds(RUSAGE_SELF) - all - (processor_seconds(RUSAGE_THREAD) - own);
    EXPECT_LT(others, 0.1);
    while (!woke) {
      yield();
    }
  });
}

// Nothing to do costs nothing.
TEST(IdleCost, AnIdleRuntimeUsesNoProcessor) {
  gomaxprocs(4);
  for (int i = 0; i < 100; ++i) {
    in_goroutine([] { yield(); });
  }
  std::this_thread::sleep_for(100ms);
  const double before = processor_seconds(RUSAGE_SELF);
  std::this_thread::sleep_for(500ms);
  EXPECT_LT(processor_seconds(RUSAGE_SELF) - before, 0.1);
}

}  // namespace
}  // namespace goro::sched
