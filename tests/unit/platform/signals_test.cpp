// Signals on their way from the handler to the thread that waits for them.
#include <gtest/gtest.h>

#include <bit>
#include <csignal>
#include <cstring>
#include <thread>

#include "../own_process.hpp"
#include "base/atomic.hpp"
#include "platform/signals.hpp"

namespace goro::platform {
namespace {

class Signals : public ::testing::Test {
 protected:
  ~Signals() override {
    for (int signal = 1; signal <= last_signal; ++signal) {
      if (can_change_action(signal)) {
        set_action(signal, signal_action::former);
      }
    }
    take_arrived();
  }
};

TEST_F(Signals, OneThatComesAgainBeforeItIsTakenIsOne) {
  const int highest = emulated ? SIGRTMIN + 5 : SIGRTMAX;  // qemu-user keeps a few for itself
  set_action(SIGUSR1, signal_action::caught);
  set_action(highest, signal_action::caught);
  for (int i = 0; i < 3; ++i) {
    std::raise(SIGUSR1);
  }
  std::raise(highest);
  EXPECT_EQ(take_arrived(), set_of(SIGUSR1) | set_of(highest));
  EXPECT_EQ(take_arrived(), 0U);
  std::raise(SIGUSR1);
  EXPECT_EQ(take_arrived(), set_of(SIGUSR1));
}

// Two signals a round, at the same moment: the second may come in the middle of what the first one sets off. Nothing
// follows in that round, so one that is missed is missed for good.
TEST_F(Signals, TheOneThatWaitsMissesNone) {
  set_action(SIGUSR1, signal_action::caught);
  set_action(SIGUSR2, signal_action::caught);
  constexpr int rounds = 5'000;
  base::atomic<int> round{0};
  base::atomic<int> seen{0};
  const auto wait_until = [](const base::atomic<int>& count, int wanted) {
    while (count.load(base::memory_order_acquire) < wanted) {
      std::this_thread::yield();
    }
  };
  std::thread waits([&seen] {
    while (seen.load(base::memory_order_relaxed) != 2 * rounds) {
      wait_for_arrival();
      seen.fetch_add(std::popcount(take_arrived()), base::memory_order_acq_rel);
    }
  });
  std::thread sends([&] {
    for (int number = 1; number <= rounds; ++number) {
      wait_until(round, number);
      std::raise(SIGUSR2);
    }
  });
  for (int number = 1; number <= rounds; ++number) {
    round.store(number, base::memory_order_release);
    std::raise(SIGUSR1);
    wait_until(seen, 2 * number);
  }
  sends.join();
  waits.join();
}

TEST_F(Signals, TheFormerActionComesBackOnlyWhereOursStillStands) {
  EXPECT_FALSE(is_ignored(SIGUSR1));
  set_action(SIGUSR1, signal_action::ignored);
  EXPECT_TRUE(is_ignored(SIGUSR1));
  std::raise(SIGUSR1);
  set_action(SIGUSR1, signal_action::caught);
  EXPECT_FALSE(is_ignored(SIGUSR1));
  std::signal(SIGUSR1, SIG_IGN);
  set_action(SIGUSR1, signal_action::former);
  EXPECT_TRUE(is_ignored(SIGUSR1)) << "the program's own";
  std::signal(SIGUSR1, SIG_DFL);
}

TEST_F(Signals, AFaultIsIgnoredByAHandlerThatTellsNobody) {
  set_action(SIGTRAP, signal_action::ignored);
  EXPECT_TRUE(is_ignored(SIGTRAP));
  std::raise(SIGTRAP);
  EXPECT_EQ(take_arrived(), 0U);
}

TEST(SignalNames, AreGosWords) {
  EXPECT_EQ(description_of_signal(SIGHUP), "hangup");
  EXPECT_EQ(description_of_signal(SIGTRAP), "trace/breakpoint trap");
  EXPECT_EQ(description_of_signal(SIGTERM), "terminated");
  EXPECT_EQ(description_of_signal(SIGCHLD), "signal 17");
  EXPECT_EQ(description_of_signal(-1), "signal -1");
}

TEST(SignalNumbers, ThatAreTheProgramsToChange) {
  for (const int signal : {-1, 0, SIGKILL, SIGSTOP, 32, 33, 65, 1000}) {
    EXPECT_FALSE(can_change_action(signal)) << signal;
  }
  for (const int signal : {SIGHUP, SIGSEGV, SIGSYS, SIGRTMIN, SIGRTMAX}) {
    EXPECT_TRUE(can_change_action(signal)) << signal;
  }
}

}  // namespace
}  // namespace goro::platform
