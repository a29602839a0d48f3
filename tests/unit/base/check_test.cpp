#include "base/check.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <type_traits>

#include "../own_process.hpp"
#include "base/hooks.hpp"
#include "base/os_seam.hpp"
#include "goro/panic.hpp"

namespace goro::base {
namespace {

class Errors : public ::testing::Test {
 protected:
  Errors() { run_death_tests_in_own_process(); }
};
using ErrorsDeathTest = Errors;

TEST_F(ErrorsDeathTest, FatalErrorEndsWithStatus2AndItsText) {
  EXPECT_EXIT(fatal_error("sync: unlock of unlocked mutex"), ::testing::ExitedWithCode(2),
              "^fatal error: sync: unlock of unlocked mutex\n$");
}

TEST_F(ErrorsDeathTest, ParticularsComeBeforeTheText) {
  EXPECT_EXIT(fatal_error("stack overflow", "goro: goroutine 7 stack exceeds 262144-byte limit"),
              ::testing::ExitedWithCode(2), "^goro: goroutine 7 [^\n]*limit\nfatal error: stack overflow\n$");
}

TEST_F(ErrorsDeathTest, TextOfAnyLengthIsWritten) {
  EXPECT_EXIT(fatal_error(std::string(3000, 'x')), ::testing::ExitedWithCode(2), "^fatal error: x{3000}\n$");
}

TEST_F(ErrorsDeathTest, TracesFollow) {
  EXPECT_EXIT(
      {
        traceback_hook.store([]() noexcept { write_stderr("goroutine 1\n"); }, memory_order_release);
        fatal_error("x");
      },
      ::testing::ExitedWithCode(2), "^fatal error: x\ngoroutine 1\n$");
}

TEST_F(ErrorsDeathTest, AnErrorWhileTracingEndsTheProcessAllTheSame) {
  EXPECT_EXIT(
      {
        traceback_hook.store([]() noexcept { fatal_error("again"); }, memory_order_release);
        fatal_error("first");
      },
      ::testing::ExitedWithCode(2), "^fatal error: first\n$");
}

// A second failure neither mixes with the report of the first nor changes how the process ends.
TEST_F(ErrorsDeathTest, AnExceptionWaitsForTheFatalErrorBeforeIt) {
  EXPECT_EXIT(
      {
        static std::atomic<bool> failing{false};
        traceback_hook.store(
            []() noexcept {
              failing = true;
              std::this_thread::sleep_for(std::chrono::milliseconds(50));
              write_stderr("goroutine 1\n");
            },
            memory_order_release);
        std::thread([] {
          while (!failing) {
          }
          begin_exception_report();
          std::_Exit(3);
        }).detach();
        fatal_error("first");
      },
      ::testing::ExitedWithCode(2), "^fatal error: first\ngoroutine 1\n$");
}

TEST_F(ErrorsDeathTest, OthersWaitForTheReportBeforeThem) {
  EXPECT_EXIT(
      {
        static std::atomic<int> others{0};
        begin_exception_report();
        std::thread([] { ++others, fatal_error("second"); }).detach();
        std::thread([] { ++others, begin_exception_report(), std::_Exit(4); }).detach();
        std::thread([] { ++others, let_report_finish(), std::_Exit(0); }).detach();
        while (others != 3) {
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        std::_Exit(3);
      },
      ::testing::ExitedWithCode(3), "^$");
}

TEST_F(ErrorsDeathTest, TheEndWaitsForAFatalError) {
  EXPECT_EXIT(
      {
        static std::atomic<bool> ends{false};
        traceback_hook.store(
            []() noexcept {
              std::thread([] { ends = true, let_report_finish(), std::_Exit(0); }).detach();
              while (!ends) {
              }
              std::this_thread::sleep_for(std::chrono::milliseconds(50));
            },
            memory_order_release);
        fatal_error("first");
      },
      ::testing::ExitedWithCode(2), "^fatal error: first\n$");
}

// Here a terminate handler waits for a thread that waits for it.
TEST_F(ErrorsDeathTest, WhatFollowsAReportIsNotWaitedForForEver) {
  EXPECT_EXIT(
      {
        begin_exception_report();
        end_exception_report();
        std::thread([] { fatal_error("second"); }).join();
      },
      ::testing::ExitedWithCode(2), "^fatal error: second\n$");
}

TEST_F(ErrorsDeathTest, AReportThatIsStuckIsNotWaitedForForEver) {
  EXPECT_EXIT(
      {
        begin_exception_report();
        std::thread([] { fatal_error("second"); }).join();
      },
      ::testing::ExitedWithCode(2), "^$");
}

TEST_F(ErrorsDeathTest, AReportThatDidNotEndTheProcessIsForgotten) {
  EXPECT_EXIT(
      {
        begin_exception_report();
        forget_report();
        std::thread([] { let_report_finish(), fatal_error("second"); }).join();
      },
      ::testing::ExitedWithCode(2), "^fatal error: second\n$");
}

TEST_F(ErrorsDeathTest, WhatTheReportOfAnExceptionCallsMayFailItself) {
  EXPECT_EXIT(
      {
        const bool first = begin_exception_report();
        const bool again = begin_exception_report();
        let_report_finish();
        fatal_error(first && !again ? "in what()" : "?");
      },
      ::testing::ExitedWithCode(2), "^fatal error: in what\\(\\)\n$");
}

TEST_F(ErrorsDeathTest, BrokenInvariantNamesItsPlace) {
  if (!debug_build) {
    GTEST_SKIP() << "release builds do not check";
  }
  EXPECT_EXIT(check(false, "two owners"), ::testing::ExitedWithCode(2),
              "fatal error: invariant of goro broken: two owners\n\t.*check_test.cpp:[0-9]+\n");
}

TEST(Check, PassesWhenTrue) { check(true, "never seen"); }

TEST(Panic, IsAnExceptionWithGosText) {
  try {
    raise_panic("close of closed channel");
  } catch (const goro::panic_error& e) {
    EXPECT_STREQ(e.what(), "close of closed channel");
    return;
  }
  FAIL();
}

TEST(Panic, CanBeCopiedWithoutThrowing) { EXPECT_TRUE(std::is_nothrow_copy_constructible_v<goro::panic_error>); }

TEST(Warn, IsOneLineOnStderr) {
  ::testing::internal::CaptureStderr();
  warn("GOMAXPROCS is no number");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "goro: GOMAXPROCS is no number\n");
}

}  // namespace
}  // namespace goro::base
