// Switches that AddressSanitizer and ThreadSanitizer follow. In other builds only that nothing breaks.
#include "platform/sanitizer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "../own_process.hpp"
#include "fiber.hpp"

namespace goro::platform {
namespace {

[[gnu::noinline]] int work(int depth) {
  std::vector<int> data(4, depth);
  const int below = depth > 0 ? work(depth - 1) : 0;
  return below + data[static_cast<std::size_t>(depth) % 4] - depth;
}

// A shadow call stack that were pushed on one fiber and popped on another would run over after this many.
TEST(Sanitizer, FollowsManySwitchesAtDifferentDepths) {
  fiber home;
  std::size_t steps = 0;
  struct deep {
    static void park(fiber& from, fiber& to, int depth) {
      if (depth > 0) {
        park(from, to, depth - 1);
        asm volatile("");
      } else {
        switch_fiber(from, to);
      }
    }
  };
  fiber other([&] {
    for (int i = 0;; ++i) {
      ++steps;
      deep::park(other, home, i % 7);
    }
  });
  for (int i = 0; i < 50'000; ++i) {
    deep::park(home, other, i % 5);
  }
  EXPECT_EQ(steps, 50'000U);
  EXPECT_EQ(work(10), 0);
}

TEST(Sanitizer, FollowsExceptionsInFibers) {
  fiber home;
  int caught = 0;
  fiber other([&] {
    for (;;) {
      try {
        work(3);
        throw std::runtime_error("x");
      } catch (const std::runtime_error&) {
        switch_fiber(other, home);  // inside the handler
        ++caught;
      }
    }
  });
  for (int i = 0; i < 1001; ++i) {
    switch_fiber(home, other);
  }
  EXPECT_EQ(caught, 1000);
}

// Ended stacks are used again: red zones of frames that never returned must not be in the way.
TEST(Sanitizer, StacksCanBeUsedAgain) {
  fiber home;
  std::byte* const low = reserve_memory(fiber::stack_size, page_size);
  for (int i = 0; i < 200; ++i) {
    fiber other([&] {
      char buffer[300];
      std::fill(std::begin(buffer), std::end(buffer), static_cast<char>(i));
      asm volatile("" : : "r"(buffer) : "memory");
      work(i % 10);
      end_fiber(other, home);
    });
    release_memory(other.low, fiber::stack_size);
    other.low = low;
    other.high = low + fiber::stack_size - (i % 16) * 64;
    other.saved = make_context(other.high, &fiber::enter);
    sanitizer_destroy(other.sanitizer);
    sanitizer_create(other.sanitizer, other.low, other.high);
    switch_fiber(home, other);
    sanitizer_destroy(other.sanitizer);
    other.low = nullptr;  // keeps its destructor from giving the stack back
  }
  release_memory(low, fiber::stack_size);
}

TEST(Sanitizer, AFiberMayMoveBetweenThreads) {
  fiber first_home;
  int steps = 0;
  fiber* resume_to = &first_home;
  fiber other([&] {
    for (;;) {
      ++steps;
      work(5);
      switch_fiber(other, *resume_to);
    }
  });
  switch_fiber(first_home, other);
  for (int i = 0; i < 20; ++i) {
    std::thread([&] {
      fiber home;
      resume_to = &home;
      switch_fiber(home, other);
    }).join();
  }
  EXPECT_EQ(steps, 21);
}

#if GORO_WITH_TSAN

extern "C" void __tsan_write4(void* address);

int unprotected = 0;

// Races are reported at exit by status 66.
template <class F>
[[noreturn]] void run_and_exit(F f) {
  f();
  std::exit(0);
}

class RaceDeathTest : public ::testing::Test {
 protected:
  RaceDeathTest() { run_death_tests_in_own_process(); }
  void SetUp() override {
#ifdef GORO_RACE_SELF
    GTEST_SKIP() << "this build orders what one thread does";
#endif
  }
};

// Announced by hand: this file may be compiled without instrumentation, as the runtime is.
GORO_UNINSTRUMENTED void touch() { __tsan_write4(&unprotected); }

// The home fiber touches, makes a goroutine's fiber, and switches to it; that touches, too. Nothing orders the two.
TEST_F(RaceDeathTest, TwoFibersOfOneThreadRace) {
  EXPECT_EXIT(run_and_exit([] {
                fiber home;
                touch();
                fiber other([&] {
                  touch();
                  switch_unordered(other, home);
                });
                other.ordered = false;
                switch_unordered(home, other);
              }),
              ::testing::ExitedWithCode(66), "data race");
}

TEST_F(RaceDeathTest, ReleaseAndAcquireOrderThem) {
  EXPECT_EXIT(run_and_exit([] {
                fiber home;
                char sync = 0;
                fiber other([&] {
                  sanitizer_acquire(&sync);
                  touch();
                  switch_unordered(other, home);
                });
                other.ordered = false;
                touch();
                sanitizer_release(&sync);
                switch_unordered(home, other);
              }),
              ::testing::ExitedWithCode(0), "^$");
}

GORO_UNINSTRUMENTED void become_and_touch(fiber& self) {
  touch();
  sanitizer_become(self.sanitizer);
  touch();
}

GORO_UNINSTRUMENTED void enter_and_become(after_switch after) {
  fiber& self = *fiber::entering;
  sanitizer_after_switch(self.sanitizer);
  after();
  become_and_touch(self);
  self.body();
}

TEST_F(RaceDeathTest, AStackThatGoesOnAsAnotherGoroutineRacesWithItself) {
  EXPECT_EXIT(run_and_exit([] {
                fiber home;
                fiber other([&] { end_fiber(other, home); });
                other.saved = make_context(other.high, &enter_and_become);
                switch_fiber(home, other);
              }),
              ::testing::ExitedWithCode(66), "data race");
}

GORO_UNINSTRUMENTED void enter_and_become_often(after_switch) {
  fiber& self = *fiber::entering;
  for (int i = 0; i < 20'000; ++i) {
    sanitizer_become(self.sanitizer);
    work(3);
  }
  self.body();
}

TEST(Sanitizer, AStackMayBecomeAnotherManyTimes) {
  fiber home;
  fiber other([&] { end_fiber(other, home); });
  other.saved = make_context(other.high, &enter_and_become_often);
  switch_fiber(home, other);
}

#endif

}  // namespace
}  // namespace goro::platform
