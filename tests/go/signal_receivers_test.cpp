// Who gets what: rules that Go's documentation states and its tests do not ask for.
#include <cerrno>

#include "goro/goro.hpp"
#include "signal_support.hpp"

namespace {

using support::kill_self;
using support::notified;
using support::own_handler;
using support::received;
using support::settle;

TEST(signal_receivers, EveryChannelGetsItsOwn) {
  const auto one = notified({SIGUSR1});
  const auto both = notified({SIGUSR1, SIGUSR2}, 2);
  std::raise(SIGUSR1);
  settle();
  std::raise(SIGUSR2);
  settle();
  EXPECT_EQ(received(one), SIGUSR1);
  EXPECT_EQ(received(one), 0);
  EXPECT_EQ(received(both), SIGUSR1);
  EXPECT_EQ(received(both), SIGUSR2);
  goro::signal::stop(one);
  std::raise(SIGUSR1);
  settle();
  EXPECT_EQ(received(one), 0);
  EXPECT_EQ(received(both), SIGUSR1) << "who is left still gets it";
  goro::signal::stop(both);
}

TEST(signal_receivers, ASecondCallAddsSignals) {
  const auto c = notified({SIGUSR1}, 2);
  goro::signal::notify(c, {SIGUSR2});
  std::raise(SIGUSR1);
  std::raise(SIGUSR2);
  settle();
  EXPECT_EQ(received(c) + received(c), SIGUSR1 + SIGUSR2);
  goro::signal::stop(c);
  goro::signal::stop(c);
}

TEST(signal_receivers, AChannelWithoutRoomWaitsForItsReceiver) {
  const auto c = notified({SIGUSR1}, 0);
  std::raise(SIGUSR1);
  settle();
  EXPECT_EQ(received(c), 0);
  goro::wait_group group;
  std::atomic<bool> got{false};
  group.go([&] { got = c.recv() == SIGUSR1; });
  EXPECT_TRUE(support::eventually([&] {
    std::raise(SIGUSR1);
    return got.load();
  }));
  group.wait();
  goro::signal::stop(c);
}

TEST(signal_receivers, WhatHasArrivedIsSentBeforeStopReturns) {
  for (int i = 0; i < 100 * support::scale; ++i) {
    const auto c = notified({SIGUSR1});
    std::raise(SIGUSR1);
    goro::signal::stop(c);
    ASSERT_EQ(received(c), SIGUSR1);
  }
}

TEST(signal_receivers, ResetTakesAwayOneSignalAndLeavesTheRest) {
  const own_handler before(SIGUSR1);
  const auto c = notified({SIGUSR1, SIGUSR2});
  goro::signal::reset({SIGUSR1});
  std::raise(SIGUSR1);
  std::raise(SIGUSR2);
  settle();
  EXPECT_EQ(own_handler::calls, 1);
  EXPECT_EQ(received(c), SIGUSR2);
  EXPECT_EQ(received(c), 0);
  goro::signal::notify(c, {SIGUSR1});
  std::raise(SIGUSR1);
  settle();
  EXPECT_EQ(received(c), SIGUSR1);
  goro::signal::reset();
  EXPECT_EQ(received(c), 0);
}

TEST(signal_receivers, TheProgramsOwnHandlerComesBack) {
  const own_handler before(SIGUSR1);
  const auto c = notified({SIGUSR1});
  std::raise(SIGUSR1);
  goro::signal::ignore({SIGUSR1});
  std::raise(SIGUSR1);
  EXPECT_EQ(own_handler::calls, 0);
  goro::signal::reset({SIGUSR1});
  std::raise(SIGUSR1);
  EXPECT_EQ(own_handler::calls, 1);
}

TEST(signal_receivers, AHandlerInstalledSinceThenStays) {
  const auto c = notified({SIGUSR1});
  const own_handler later(SIGUSR1);
  goro::signal::stop(c);
  std::raise(SIGUSR1);
  EXPECT_EQ(own_handler::calls, 1);
}

// As system() does with SIGINT: set aside while it was caught, put back when nobody wants it any more.
TEST(signal_receivers, AnOldHandlerThatIsPutBackPassesTheSignalOn) {
  if (support::handlers_may_be_late) {
    GTEST_SKIP() << "the handler of this test would come late";
  }
  const own_handler before(SIGUSR1);
  const auto c = notified({SIGUSR1});
  struct sigaction ours;
  ::sigaction(SIGUSR1, nullptr, &ours);
  {
    const own_handler meanwhile(SIGUSR1);
    goro::signal::stop(c);
  }
  own_handler::calls = 0;
  std::raise(SIGUSR1);
  EXPECT_TRUE(support::eventually([] { return own_handler::calls == 1; }));
  EXPECT_EQ(received(c), 0);
}

TEST(signal_receivers, WhatIsNoSignalIsPassedOver) {
  const auto c = notified({-1, 0, 32, 33, 65, 1000, SIGKILL, SIGSTOP});
  for (const int signal : {-1, 0, 32, 33, 65, 1000, SIGKILL, SIGSTOP}) {
    EXPECT_FALSE(goro::signal::ignored(signal));
  }
  goro::signal::ignore({-1, 0, 32, 33, 65, SIGKILL, SIGSTOP});
  EXPECT_FALSE(goro::signal::ignored(SIGKILL));
  goro::signal::reset({-1, 0, 32, 33, 65, SIGKILL, SIGSTOP});
  goro::signal::stop(c);
  goro::signal::stop({});
}

TEST(signal_receivers, NilChannel) {
  EXPECT_TRUE(support::panics_with("signal: notify using nil channel", [] { goro::signal::notify({}, {SIGUSR1}); }));
}

TEST(signal_receivers, ErrnoIsKept) {
  const auto c = notified({SIGUSR1});
  errno = EDOM;
  std::raise(SIGUSR1);
  EXPECT_EQ(errno, EDOM);
  goro::signal::stop(c);
}

// A registration is a handle like any other.
TEST(signal_receivers, AChannelLivesWithoutItsOtherHandles) {
  for (int i = 0; i < 10; ++i) {
    notified({SIGUSR1});
  }
  std::raise(SIGUSR1);
  settle();
  goro::signal::reset({SIGUSR1});
}

}  // namespace
