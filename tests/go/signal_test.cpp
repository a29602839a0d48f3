// notify, stop, reset, ignore, ignored. Named as in os/signal/signal_test.go of Go.
#include "goro/signal.hpp"

#include "goro/goro.hpp"
#include "signal_support.hpp"

namespace {

using namespace std::chrono_literals;
using support::kill_self;
using support::notified;
using support::own_handler;
using support::received;
using support::settle;

TEST(os_signal, TestSignal) {
  const auto c = notified({SIGHUP});
  kill_self(SIGHUP);
  EXPECT_EQ(c.recv(), SIGHUP);

  const auto all = notified({}, 10);
  kill_self(SIGWINCH);
  EXPECT_EQ(all.recv(), SIGWINCH);

  // That nobody receives from c is in nobody's way.
  kill_self(SIGHUP);
  EXPECT_EQ(all.recv(), SIGHUP);
  kill_self(SIGHUP);
  EXPECT_EQ(all.recv(), SIGHUP);
  EXPECT_EQ(c.recv(), SIGHUP);
  EXPECT_EQ(received(c), 0) << "the second one found no room";
  goro::signal::stop(c);
  goro::signal::stop(all);
}

TEST(os_signal, TestStress) {
  const support::processors four(4);
  const auto done = goro::make_chan<void>();
  std::atomic<int> got{0};
  goro::wait_group group;
  group.go([&] {
    const auto c = notified({SIGUSR1});
    int seen = 0;
    while (goro::select(goro::recv_case(c, [&](std::optional<int> s) { seen = *s; }), goro::recv_case(done)) == 0) {
      EXPECT_EQ(seen, SIGUSR1);
      ++got;
    }
    goro::signal::stop(c);
  });
  const auto first = notified({SIGUSR1});  // so that it is caught before it is sent
  for (int i = 0; i < 500 * support::scale || got == 0; ++i) {
    kill_self(SIGUSR1);
    goro::yield();
  }
  done.close();
  group.wait();
  settle();
  goro::signal::stop(first);
}

void test_cancel(bool ignore) {
  const auto c1 = notified({SIGWINCH});
  const auto c2 = notified({SIGHUP});
  kill_self(SIGWINCH);
  EXPECT_EQ(c1.recv(), SIGWINCH);
  kill_self(SIGHUP);
  EXPECT_EQ(c2.recv(), SIGHUP);

  if (ignore) {
    goro::signal::ignore({SIGWINCH, SIGHUP});
  } else {
    goro::signal::reset({SIGWINCH, SIGHUP});
  }
  std::raise(SIGWINCH);  // ignored by default
  if (ignore) {
    std::raise(SIGHUP);
  }
  settle();
  EXPECT_EQ(received(c1), 0);
  EXPECT_EQ(received(c2), 0);
  goro::signal::reset();
}

TEST(os_signal, TestReset) { test_cancel(false); }
TEST(os_signal, TestIgnore) { test_cancel(true); }

TEST(os_signal, TestIgnored) {
  const auto c = notified({SIGWINCH});
  EXPECT_FALSE(goro::signal::ignored(SIGWINCH));
  goro::signal::stop(c);
  EXPECT_FALSE(goro::signal::ignored(SIGWINCH));
  goro::signal::ignore({SIGWINCH});
  EXPECT_TRUE(goro::signal::ignored(SIGWINCH));
  goro::signal::reset();
  EXPECT_FALSE(goro::signal::ignored(SIGWINCH));
}

TEST(os_signal, TestStop) {
  for (const int signal : {SIGWINCH, SIGHUP, SIGUSR1}) {
    const own_handler before(signal);
    std::raise(signal);
    const auto c = notified({signal});
    kill_self(signal);
    EXPECT_EQ(c.recv(), signal);
    goro::signal::stop(c);
    std::raise(signal);
    settle();
    EXPECT_EQ(received(c), 0);
    EXPECT_EQ(own_handler::calls, 2) << "before notify() and after stop()";
  }
}

TEST(os_signal, TestSIGCONT) {
  const auto c = notified({SIGCONT});
  kill_self(SIGCONT);
  EXPECT_EQ(c.recv(), SIGCONT);
  goro::signal::stop(c);
}

// Received, or treated as before: never both, never neither.
TEST(os_signal, TestAtomicStop) {
  if (support::handlers_may_be_late) {
    GTEST_SKIP() << "the handler of this test would come late";
  }
  const own_handler before(SIGUSR1);
  for (int i = 0; i < 25 * support::scale; ++i) {
    own_handler::calls = 0;
    const auto c = notified({SIGUSR1});
    support::together(2, [&c](int who) {
      if (who == 0) {
        goro::signal::stop(c);
      } else {
        kill_self(SIGUSR1);
      }
    });
    int got = 0;
    ASSERT_TRUE(support::eventually([&] { return (got += received(c) != 0) + own_handler::calls != 0; }));
    settle();
    ASSERT_EQ(got + (received(c) != 0) + own_handler::calls, 1);
  }
}

// The clock keeps going forward for those who are interrupted.
TEST(os_signal, TestTime) {
  const support::processors four(4);
  std::atomic<bool> stop{false};
  const auto c = notified({SIGUSR1});
  goro::wait_group group;
  for (int i = 0; i < 4; ++i) {
    group.go([&stop] {
      auto last = std::chrono::steady_clock::now();
      while (!stop) {
        const auto now = std::chrono::steady_clock::now();
        EXPECT_LE(last, now);
        last = now;
        goro::yield();
      }
    });
  }
  for (int i = 0; i < 200 * support::scale; ++i) {
    kill_self(SIGUSR1);
    EXPECT_EQ(c.recv(), SIGUSR1);
  }
  stop = true;
  group.wait();
  goro::signal::stop(c);
}

// Go's test starts and stops a trace, which stops the world. Here the number of processors changes.
TEST(os_signal, TestSignalTrace) {
  const int before = goro::gomaxprocs();
  const auto c = notified({SIGHUP});
  for (int i = 0; i < 25 * support::scale; ++i) {
    goro::gomaxprocs(i % 4 + 1);
    kill_self(SIGHUP);
    EXPECT_EQ(c.recv(), SIGHUP);
  }
  goro::gomaxprocs(before);
  goro::signal::stop(c);
}

// os/signal/example_unix_test.go and example_test.go

TEST(os_signal, ExampleNotify) {
  const auto c = notified({SIGINT, SIGTERM});
  kill_self(SIGINT);
  EXPECT_EQ(c.recv(), SIGINT);
  kill_self(SIGTERM);
  EXPECT_EQ(c.recv(), SIGTERM);
  goro::signal::stop(c);
}

TEST(os_signal, ExampleNotify_allSignals) {
  const auto c = notified({});
  for (const int signal :
       {SIGQUIT, SIGPROF, SIGCHLD, SIGTSTP, SIGABRT, SIGSEGV, SIGTRAP, SIGRTMIN, support::highest_signal()}) {
    kill_self(signal);
    EXPECT_EQ(c.recv(), signal);
  }
  goro::signal::stop(c);
}

}  // namespace
