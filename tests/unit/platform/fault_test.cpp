// What happens at a bad access: in processes of their own.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "../own_process.hpp"
#include "base/check.hpp"
#include "base/hooks.hpp"
#include "platform/os.hpp"

namespace goro::platform {
namespace {

class FaultDeathTest : public ::testing::Test {
 protected:
  FaultDeathTest() { run_death_tests_in_own_process(); }
};

void not_ours(const memory_fault&) {}

std::byte* forbidden_page() {
  return static_cast<std::byte*>(::mmap(nullptr, page_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

[[gnu::noinline]] void write_to(std::byte* address) { *static_cast<volatile std::byte*>(address) = std::byte{1}; }

void set_handler(int signal, void (*handler)(int)) {
  struct sigaction action;
  std::memset(&action, 0, sizeof(action));
  action.sa_handler = handler;
  ::sigaction(signal, &action, nullptr);
}

std::byte* expected_address = nullptr;

TEST_F(FaultDeathTest, TheClaimLearnsWhereAndRunsOnTheAlternateStack) {
  EXPECT_EXIT(
      {
        expected_address = forbidden_page() + 100;
        install_alternate_signal_stack();
        on_memory_fault([](const memory_fault& fault) {
          const auto* here = static_cast<const std::byte*>(__builtin_frame_address(0));
          const stack_bounds own = thread_stack();
          const bool off_stack = here < own.low || here >= own.high;
          const bool interrupted_on_stack = fault.stack_pointer >= own.low && fault.stack_pointer < own.high;
          ::_exit(fault.address == expected_address && off_stack && interrupted_on_stack &&
                          fault.program_counter != nullptr
                      ? 40
                      : 41);
        });
        write_to(expected_address);
      },
      ::testing::ExitedWithCode(40), "");
}

TEST_F(FaultDeathTest, WhatIsNotClaimedKillsAsBefore) {
  EXPECT_EXIT(
      {
        set_handler(SIGSEGV, SIG_DFL);
        on_memory_fault(&not_ours);
        write_to(forbidden_page());
      },
      ::testing::KilledBySignal(SIGSEGV), "");
}

TEST_F(FaultDeathTest, AFaultCannotBeIgnored) {
  EXPECT_EXIT(
      {
        set_handler(SIGSEGV, SIG_IGN);
        on_memory_fault(&not_ours);
        write_to(forbidden_page());
      },
      ::testing::KilledBySignal(SIGSEGV), "");
}

TEST_F(FaultDeathTest, TheHandlerBeforeGetsWhatIsNotClaimed) {
  EXPECT_EXIT(
      {
        set_handler(SIGSEGV, [](int signal) { ::_exit(signal + 50); });
        on_memory_fault(&not_ours);
        write_to(forbidden_page());
      },
      ::testing::ExitedWithCode(SIGSEGV + 50), "");
}

TEST_F(FaultDeathTest, TheHandlerBeforeMayRepairAndReturn) {
  EXPECT_EXIT(
      {
        expected_address = forbidden_page();
        struct sigaction action;
        std::memset(&action, 0, sizeof(action));
        action.sa_flags = SA_SIGINFO;
        action.sa_sigaction = [](int, siginfo_t* info, void*) {
          ::mprotect(info->si_addr, page_size, PROT_READ | PROT_WRITE);
        };
        ::sigaction(SIGSEGV, &action, nullptr);
        on_memory_fault(&not_ours);
        write_to(expected_address);
        ::_exit(*expected_address == std::byte{1} ? 33 : 34);
      },
      ::testing::ExitedWithCode(33), "");
}

TEST_F(FaultDeathTest, ASentSignalIsNoFault) {
  EXPECT_EXIT(
      {
        set_handler(SIGSEGV, SIG_DFL);
        on_memory_fault([](const memory_fault&) { ::_exit(9); });
        ::raise(SIGSEGV);
        ::_exit(0);
      },
      ::testing::KilledBySignal(SIGSEGV), "");
}

TEST_F(FaultDeathTest, AnIgnoredSentSignalStaysIgnored) {
  EXPECT_EXIT(
      {
        set_handler(SIGSEGV, SIG_IGN);
        on_memory_fault([](const memory_fault&) { ::_exit(9); });
        ::raise(SIGSEGV);
        ::_exit(21);
      },
      ::testing::ExitedWithCode(21), "");
}

TEST_F(FaultDeathTest, AFaultInsideTheReportEndsWithStatus2) {
  EXPECT_EXIT(
      {
        expected_address = forbidden_page();
        install_alternate_signal_stack();
        on_memory_fault([](const memory_fault&) { base::fatal_error("stack overflow"); });
        base::traceback_hook.store([]() noexcept { write_to(expected_address); }, base::memory_order_release);
        write_to(expected_address);
      },
      ::testing::ExitedWithCode(2), "^fatal error: stack overflow\n$");
}

TEST(AlternateStack, IsPutBackAsItWas) {
  stack_t before{};
  ::sigaltstack(nullptr, &before);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(install_alternate_signal_stack());
    stack_t during{};
    ::sigaltstack(nullptr, &during);
    EXPECT_NE(during.ss_sp, before.ss_sp);
    EXPECT_GE(during.ss_size, std::size_t{64} << 10);
    remove_alternate_signal_stack();
    stack_t after{};
    ::sigaltstack(nullptr, &after);
    EXPECT_EQ(after.ss_flags, before.ss_flags);
    EXPECT_EQ(after.ss_sp, before.ss_sp);
  }
  remove_alternate_signal_stack();  // none of ours: nothing happens
}

}  // namespace
}  // namespace goro::platform
