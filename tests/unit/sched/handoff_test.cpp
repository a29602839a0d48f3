// Processors that are taken away: that it happens when it should, does not when it should not, and what services of the
// system it can do without.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>

#include "../own_process.hpp"
#include "platform/faults.hpp"
#include "platform/os.hpp"
#include "sched/handoff.hpp"
#include "sched/inside.hpp"
#include "support.hpp"

namespace goro::sched {
namespace {

using namespace std::chrono_literals;
using sched_test::eventually;
using sched_test::in_goroutine;

processor* held_now() { return inside_runtime().held(); }
std::uint64_t handoffs() { return sched.handoffs.load(base::memory_order_relaxed); }
std::uint32_t hogs() { return sched.hogs.load(base::memory_order_relaxed); }

// Has the calling goroutine lost its processor? The monitor may take it for a short wait in the kernel as well (a page,
// a lock of the system), so no test counts on having one at a certain place.
bool was_taken() { return this_worker()->hog.load(base::memory_order_relaxed); }

// Computes, without a call to goro that could stop it, until the monitor has taken the processor away.
void compute_until_taken() {
  while (!was_taken()) {
  }
}

// Somebody who always wants the processor.
class competitor {
 public:
  competitor() {
    go([this] {
      while (!stop_) {
        yield();
      }
      ended_ = true;
    });
  }
  competitor(const competitor&) = delete;
  competitor& operator=(const competitor&) = delete;
  ~competitor() {
    stop_ = true;
    while (!ended_) {
      yield();
    }
  }

 private:
  std::atomic<bool> stop_{false};
  std::atomic<bool> ended_{false};
};

TEST(Handoff, ALoopLosesItsProcessorAndGetsOneAtTheNextYield) {
  gomaxprocs(1);
  in_goroutine([] {
    const competitor other;
    for (int i = 0; i < 3; ++i) {
      compute_until_taken();
      EXPECT_EQ(held_now(), nullptr);
      const std::uint64_t before = handoffs();
      yield();
      EXPECT_TRUE(held_now() != nullptr || handoffs() != before);
    }
  });
  EXPECT_TRUE(eventually([] { return hogs() == 0; }));
}

// What the monitor has seen of the one who had the processor before says nothing about the next.
TEST(Handoff, WhoTakesAProcessorBackHasATimeSliceOfItsOwn) {
  gomaxprocs(1);
  in_goroutine([] {
    const competitor other;
    for (int i = 0; i < 3; ++i) {
      blocking([] { std::this_thread::sleep_for(1ms); });
      compute_until_taken();
      yield();
    }
  });
}

// A request is followed once, also by a goroutine that goes home for it: else each of its calls would be a change of
// threads. The monitor may ask anew before anybody looks, where the system lets this thread wait; hence more than one
// look.
TEST(Handoff, ALockedGoroutineFollowsARequestOnce) {
  gomaxprocs(1);
  in_goroutine([] {
    const competitor other;
    lock_os_thread();
    compute_until_taken();
    bool followed = false;
    for (int look = 0; look < 100 && !followed; ++look) {
      yield();
      followed = held_now() != nullptr && !this_worker()->preempt_requested;
    }
    EXPECT_TRUE(followed);
    unlock_os_thread();
  });
}

TEST(Handoff, APreemptionPointIsEnough) {
  gomaxprocs(1);
  in_goroutine([] {
    const competitor other;
    compute_until_taken();
    while (held_now() == nullptr) {
      detail::preemption_point();
    }
  });
}

TEST(Handoff, NothingIsTakenThatNobodyWants) {
  gomaxprocs(1);
  in_goroutine([] {
    const std::uint64_t before = handoffs();
    const auto end = std::chrono::steady_clock::now() + 60ms;
    while (std::chrono::steady_clock::now() < end) {
    }
    EXPECT_EQ(handoffs(), before);
    EXPECT_NE(held_now(), nullptr);
  });
}

// False: there was no processor to be taken.
bool stays_inside_for(std::chrono::milliseconds duration) {
  const inside_runtime section;
  processor* const held = section.held();
  const auto end = std::chrono::steady_clock::now() + duration;
  while (held != nullptr && std::chrono::steady_clock::now() < end) {
  }
  EXPECT_EQ(section.held(), held);
  EXPECT_FALSE(held != nullptr && was_taken());
  return held != nullptr;
}

TEST(Handoff, NothingIsTakenInsideTheRuntime) {
  gomaxprocs(1);
  in_goroutine([] {
    const competitor other;
    while (!stays_inside_for(60ms)) {
      yield();
    }
  });
}

TEST(Handoff, ABlockedThreadLosesItsProcessorLongBeforeItsTimeSliceIsOver) {
  gomaxprocs(1);
  in_goroutine([] {
    const competitor other;
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    std::thread writer([&, reader = this_worker()] {
      EXPECT_TRUE(eventually([&] { return reader->hog.load(base::memory_order_relaxed); }));
      EXPECT_EQ(::write(ends[1], "x", 1), 1);
    });
    char byte = 0;
    EXPECT_EQ(::read(ends[0], &byte, 1), 1);
    EXPECT_EQ(held_now(), nullptr);
    writer.join();
    ::close(ends[0]);
    ::close(ends[1]);
  });
}

// Else the monitor would look after it for as long as it blocks.
TEST(Handoff, ABlockedThreadLosesItsProcessorInTheEndThoughNobodyWantsIt) {
  gomaxprocs(2);
  in_goroutine([before = handoffs()] {
    EXPECT_TRUE(eventually([&] {
      std::this_thread::sleep_for(1s);
      return handoffs() != before;
    }));
  });
}

// Where the kernel does not tell who blocks, time does.
TEST(Handoff, WithoutTheKernelsWordWhoBlocksLosesItsProcessorLater) {
  platform::deny(platform::service::kernel_wait);
  platform::deny(platform::service::time_slice);
  gomaxprocs(1);
  in_goroutine([] {
    const competitor other;
    compute_until_taken();
    yield();
    while (!was_taken()) {
      std::this_thread::sleep_for(100ms);
    }
  });
  platform::allow(platform::service::kernel_wait);
  platform::allow(platform::service::time_slice);
}

// A process of its own: the fence is prepared when the runtime starts.
TEST(HandoffDeathTest, WithoutMembarrierEntriesAreFencedThemselves) {
  run_death_tests_in_own_process();
  EXPECT_EXIT(
      {
        platform::deny(platform::service::membarrier);
        gomaxprocs(1);
        in_goroutine([] {
          const competitor other;
          compute_until_taken();
          yield();
          compute_until_taken();
        });
        _exit(platform::light_fence_must_be_full ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

// What the process writes to stderr, to be read while it goes on.
class watched_stderr {
 public:
  watched_stderr() : original_(::dup(STDERR_FILENO)) {
    if (::pipe2(ends_.data(), O_NONBLOCK) != 0 || ::dup2(ends_[1], STDERR_FILENO) < 0) {
      _exit(2);
    }
  }
  watched_stderr(const watched_stderr&) = delete;
  watched_stderr& operator=(const watched_stderr&) = delete;
  ~watched_stderr() {
    ::dup2(original_, STDERR_FILENO);
    if (::write(original_, text_.data(), text_.size()) < 0) {
      _exit(2);
    }
  }

  bool contains(std::string_view words) {
    std::array<char, 256> more{};
    const ssize_t n = ::read(ends_[0], more.data(), more.size());
    text_.append(more.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
    return text_.find(words) != std::string::npos;
  }

 private:
  int original_;
  std::array<int, 2> ends_{};
  std::string text_;
};

// The kernel grants it first and refuses it later (a seccomp filter): nothing is taken away any more, and nothing
// breaks.
TEST(HandoffDeathTest, AFenceThatIsRefusedLaterEndsIt) {
  platform::prepare_heavy_fence();
  if (platform::light_fence_must_be_full) {
    GTEST_SKIP() << "this kernel has no membarrier";
  }
  run_death_tests_in_own_process();
  EXPECT_EXIT(
      {
        gomaxprocs(1);
        platform::deny(platform::service::membarrier);
        in_goroutine([] {
          watched_stderr errors;
          const competitor other;
          const auto give_up = std::chrono::steady_clock::now() + 60s;
          while (!errors.contains("membarrier") && std::chrono::steady_clock::now() < give_up) {
            // computes until the monitor has tried
          }
        });
        _exit(handoffs() == 0 ? 0 : 1);
      },
      testing::ExitedWithCode(0), "membarrier is refused");
}

TEST(KernelWait, TellsWaitingFromComputing) {
  std::atomic<int> id{0};
  std::atomic<bool> stop{false};
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  std::thread thread([&] {
    id = platform::thread_id();
    while (!stop) {
    }
    char byte = 0;
    EXPECT_EQ(::read(ends[0], &byte, 1), 1);
  });
  EXPECT_TRUE(eventually([&] { return id != 0; }));
  for (int i = 0; i < 100; ++i) {
    EXPECT_LE(platform::kernel_wait_of(id), platform::kernel_does_not_tell);
  }
  stop = true;
  if (platform::kernel_wait_of(platform::thread_id()) != platform::kernel_does_not_tell) {
    EXPECT_TRUE(eventually([&] { return platform::kernel_wait_of(id) != 0; }));
    EXPECT_EQ(platform::kernel_wait_of(id), platform::kernel_wait_of(id));
  }
  EXPECT_EQ(::write(ends[1], "x", 1), 1);
  thread.join();
  EXPECT_EQ(platform::kernel_wait_of(0), 0U);
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace goro::sched
