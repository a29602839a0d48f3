#include "base/check.hpp"

#include <gtest/gtest.h>

#include <string>
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
