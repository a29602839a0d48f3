// Waits that are ended from outside: sched/wait_table.hpp, class interruption.
#include <mutex>
#include <optional>

#include "sched/wait_table.hpp"
#include "support.hpp"

namespace goro::sched {
namespace {

using sched_test::always;
using sched_test::eventually;
using sched_test::goroutines_and_threads;
using sched_test::in_goroutine;

bool somebody_waits_on(const void* key) {
  bool found = false;
  wake_some(
      key,
      [&found](std::uintptr_t) {
        found = true;
        return wake_choice::stop;
      },
      [](std::uintptr_t) {}, [](const wake_info&) { return 0U; });
  return found;
}

void interrupt(interruption& i) {
  if (waiter* ended = i.interrupt()) {
    ended->make_ready();
  }
}

TEST(Interruption, EndsAWaitUnderWay) {
  goroutines_and_threads(2, [](int) {
    int key = 0;
    interruption from_outside(&key);
    go([&] {
      while (!somebody_waits_on(&key)) {
        yield();
      }
      interrupt(from_outside);
    });
    bool others = true;
    const wait_result result = wait_on(
        &key, {.interrupter = &from_outside}, always, [] {}, [&](bool others_wait) { others = others_wait; });
    EXPECT_EQ(result.how, wait_result::kind::interrupted);
    EXPECT_FALSE(others) << "the cleanup after a timeout runs";
    EXPECT_FALSE(somebody_waits_on(&key));
  });
}

TEST(Interruption, RefusesALaterWait) {
  in_goroutine([] {
    int key = 0;
    interruption from_outside(&key);
    EXPECT_EQ(from_outside.interrupt(), nullptr);
    bool cleaned = false;
    const auto wait = [&] {
      return wait_on(
          &key, {.interrupter = &from_outside}, always, [] {}, [&](bool) { cleaned = true; });
    };
    EXPECT_EQ(wait().how, wait_result::kind::interrupted);
    EXPECT_EQ(wait().how, wait_result::kind::interrupted);
    EXPECT_TRUE(cleaned);
  });
}

TEST(Interruption, ComesTooLateForAWokenWaiter) {
  in_goroutine([] {
    int key = 0;
    interruption from_outside(&key);
    go([&] {
      while (wake_one(&key, [&](const wake_info&) { return 7U; }) == 0) {
        yield();
      }
    });
    EXPECT_EQ(wait_on(&key, {.interrupter = &from_outside}, always).token, 7U);
    EXPECT_EQ(from_outside.interrupt(), nullptr) << "nobody waits";
  });
}

// Each wake given out reaches a waiter, and each wait ends, whatever comes first: wake, interruption or deadline.
TEST(Interruption, RacesWithWakesAndDeadlinesWithoutLoss) {
  constexpr int waiters = 8;
  constexpr int turns = GORO_WITH_TSAN || GORO_WITH_ASAN ? 200 : 2000;
  int key = 0;
  struct target {
    std::mutex mutex;
    std::optional<interruption> current;
  };
  std::vector<target> targets(waiters);
  std::atomic<long> given{0};
  std::atomic<long> received{0};
  std::atomic<int> running{waiters};
  goroutines_and_threads(waiters + 2, [&](int i) {
    if (i == waiters) {
      while (running != 0) {
        given += wake_one(&key, [](const wake_info&) { return 1U; });
        yield();
      }
      return;
    }
    if (i == waiters + 1) {
      while (running != 0) {
        for (target& t : targets) {
          waiter* ended = nullptr;
          {
            const std::lock_guard hold(t.mutex);
            ended = t.current ? t.current->interrupt() : nullptr;
          }
          if (ended != nullptr) {
            ended->make_ready();
          }
        }
      }
      return;
    }
    target& mine = targets[static_cast<std::size_t>(i)];
    for (int turn = 0; turn < turns; ++turn) {
      {
        const std::lock_guard hold(mine.mutex);
        mine.current.emplace(&key);
      }
      wait_options options{.interrupter = &*mine.current};
      if (turn % 3 == 0) {
        options.deadline = base::now_ns() + turn % 1000 * 20;
      }
      if (wait_on(&key, options, always).how == wait_result::kind::woken) {
        ++received;
      }
      const std::lock_guard hold(mine.mutex);
      mine.current.reset();
    }
    --running;
  });
  EXPECT_EQ(given, received);
  EXPECT_FALSE(somebody_waits_on(&key));
}

}  // namespace
}  // namespace goro::sched
