// Signals sent to threads of every kind, by threads of every kind.
#include <pthread.h>

#include <cerrno>

#include "goro/goro.hpp"
#include "signal_support.hpp"

namespace {

using support::kill_self;
using support::notified;
using support::received;

// Go's test sends a signal to one thread of the runtime.
TEST(signal_thread, TestSignalM) {
  const auto c = notified({SIGUSR1});
  support::in_goroutine([&c] {
    goro::lock_os_thread();
    ::pthread_kill(::pthread_self(), SIGUSR1);
    EXPECT_EQ(c.recv(), SIGUSR1);
    goro::unlock_os_thread();
  });
  goro::signal::stop(c);
}

TEST(signal_thread, EveryThreadMayBeHit) {
  const auto c = notified({SIGUSR1});
  const pthread_t main_thread = ::pthread_self();
  std::thread foreign([&] {
    for (int i = 0; i < 100; ++i) {
      ::pthread_kill(main_thread, SIGUSR1);  // which waits below
    }
  });
  EXPECT_EQ(c.recv(), SIGUSR1);
  foreign.join();
  support::settle();
  received(c);

  const auto id = goro::make_chan<pthread_t>(1);
  const auto gate = goro::make_chan<void>();
  goro::wait_group group;
  group.go([&] {
    goro::lock_os_thread();  // its worker sleeps
    id.send(::pthread_self());
    gate.recv();
    goro::unlock_os_thread();
  });
  ::pthread_kill(*id.recv(), SIGUSR1);
  EXPECT_EQ(c.recv(), SIGUSR1);
  gate.close();
  group.wait();
  goro::signal::stop(c);
}

TEST(signal_thread, ACallThatBlocksGoesOn) {
  const auto c = notified({SIGUSR1});
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  char got = 0;
  ssize_t result = 0;
  std::thread reader([&] { result = ::read(ends[0], &got, 1); });
  ::pthread_kill(reader.native_handle(), SIGUSR1);
  EXPECT_EQ(c.recv(), SIGUSR1);
  EXPECT_EQ(::write(ends[1], "x", 1), 1);
  reader.join();
  EXPECT_EQ(result, 1) << "not interrupted: SA_RESTART";
  ::close(ends[0]);
  ::close(ends[1]);
  goro::signal::stop(c);
}

TEST(signal_thread, RaisedByManyAtOnce) {
  const auto c = notified({SIGUSR1, SIGUSR2, SIGRTMIN}, 3);
  support::together(8, [&c](int who) {
    for (int i = 0; i < 50 * support::scale; ++i) {
      std::raise(who % 3 == 0 ? SIGUSR1 : who % 3 == 1 ? SIGUSR2 : SIGRTMIN);
      received(c);
      goro::yield();
    }
  });
  support::settle();
  while (received(c) != 0) {
  }
  std::raise(SIGRTMIN);
  EXPECT_EQ(c.recv(), SIGRTMIN);
  goro::signal::stop(c);
}

TEST(signal_thread, EverybodyMayCallEverything) {
  const support::own_handler one(SIGUSR1);
  support::sweep_processors([] {
    support::together(12, [](int who) {
      for (int i = 0; i < 10 * support::scale; ++i) {
        if (who % 4 == 0) {
          kill_self(SIGUSR1);
          goro::yield();
          continue;
        }
        const auto c = notified({SIGUSR1, SIGWINCH});
        if (who % 4 == 1) {
          goro::signal::notify(c, {SIGURG});
          goro::signal::ignored(SIGUSR1);
        }
        goro::signal::stop(c);
        received(c);
        ASSERT_FALSE(received(c) != 0) << "sent after stop()";
      }
    });
    support::settle();
  });
}

}  // namespace
