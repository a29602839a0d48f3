// What becomes of the process: each of these is one of its own.
#include <spawn.h>

#include <pthread.h>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "goro/goro.hpp"
#include "signal_support.hpp"

extern char** environ;

namespace {

using support::kill_self;
using support::notified;
using support::received;
using support::settle;
using ::testing::ExitedWithCode;
using ::testing::KilledBySignal;

class signal_process : public support::fatal {
 protected:
  static void SetUpTestSuite() {
    support::fatal::SetUpTestSuite();
    if (support::is_child()) {
      return;
    }
    for (const int signal : {SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGUSR1}) {
      std::signal(signal, SIG_DFL);  // whatever the tests run under
    }
  }
};

void fail_unless(bool condition) {
  if (!condition) {
    std::_Exit(9);
  }
}

void catch_one(int signal) {
  const auto c = notified({signal});
  kill_self(signal);
  fail_unless(c.recv() == signal);
  goro::signal::stop(c);
}

// Inherited dispositions ----------------------------------------------------------------------------------------------

// Signals that are SIG_IGN from the start stay so but while somebody wants them.
TEST_F(signal_process, TestNohup) {
#ifdef GORO_EMULATED
  GTEST_SKIP() << "a program cannot start itself under the emulator";
#endif
  if (support::is_child()) {
    std::raise(SIGHUP);
    catch_one(SIGHUP);
    std::raise(SIGHUP);
    std::exit(0);
  }
  EXPECT_TRUE(KilledBySignal(SIGHUP)(support::run_ignoring({}, "signal_process.TestNohup")));
  EXPECT_TRUE(ExitedWithCode(0)(support::run_ignoring({SIGHUP}, "signal_process.TestNohup")));
}

TEST_F(signal_process, TestDetectNohup) {
#ifdef GORO_EMULATED
  GTEST_SKIP() << "a program cannot start itself under the emulator";
#endif
  if (support::is_child()) {
    std::exit(goro::signal::ignored(SIGHUP) && !goro::signal::ignored(SIGINT) ? 0 : 1);
  }
  EXPECT_TRUE(ExitedWithCode(1)(support::run_ignoring({}, "signal_process.TestDetectNohup")));
  EXPECT_TRUE(ExitedWithCode(0)(support::run_ignoring({SIGHUP}, "signal_process.TestDetectNohup")));
}

// What is not wanted does what it always does -------------------------------------------------------------------------

TEST_F(signal_process, TestSignalExitStatus) {
  EXPECT_EXIT((goro::gomaxprocs(), std::raise(SIGTERM)), KilledBySignal(SIGTERM), "");
  EXPECT_EXIT((catch_one(SIGTERM), std::raise(SIGTERM)), KilledBySignal(SIGTERM), "");
  // As in Go, the traces of all goroutines and status 2.
  EXPECT_EXIT((catch_one(SIGQUIT), std::raise(SIGQUIT), ::pause()), ExitedWithCode(2), "SIGQUIT: quit");
}

// As Go's: dies of the signal, or gets it.
TEST_F(signal_process, TestAtomicStop) {
  const auto either = [](int status) { return ExitedWithCode(0)(status) || KilledBySignal(SIGINT)(status); };
  EXPECT_EXIT(
      {
        for (int i = 0; i < 10; ++i) {
          const auto c = notified({SIGINT});
          support::together(2, [&c](int who) { who == 0 ? goro::signal::stop(c) : kill_self(SIGINT); });
          c.recv();
        }
        std::exit(0);
      },
      either, "");
}

TEST_F(signal_process, TestSignalIgnoreSIGTRAP) {
  EXPECT_EXIT((goro::signal::ignore({SIGTRAP, SIGSEGV, SIGTERM}), kill_self(SIGTRAP), std::raise(SIGSEGV),
               std::raise(SIGTERM), fail_unless(goro::signal::ignored(SIGTRAP)), std::exit(0)),
              ExitedWithCode(0), "");
  EXPECT_EXIT((goro::signal::ignore({SIGTRAP}), goro::signal::reset({SIGTRAP}), std::raise(SIGTRAP)),
              KilledBySignal(SIGTRAP), "");
}

TEST_F(signal_process, TestSignalDuringExec) {
  const auto c = notified({SIGWINCH});
  std::atomic<bool> ended{false};
  std::thread storm([&ended] {
    while (!ended) {
      kill_self(SIGWINCH);
    }
  });
  for (int i = 0; i < 10; ++i) {
    pid_t child = 0;
    const char* arguments[] = {"/bin/true", nullptr};
    ASSERT_EQ(::posix_spawn(&child, arguments[0], nullptr, nullptr, const_cast<char**>(arguments), environ), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  ended = true;
  storm.join();
  goro::signal::stop(c);
}

// Broken pipes --------------------------------------------------------------------------------------------------------

// Writes to a pipe that nobody reads, as descriptor `as` if that is not negative.
bool fails_with_epipe(int as = -1) {
  int ends[2];
  fail_unless(::pipe(ends) == 0);
  ::close(ends[0]);
  const int out = as < 0 ? ends[1] : ::dup2(ends[1], as);
  const bool failed = ::write(out, "x", 1) == -1 && errno == EPIPE;
  return failed;
}

TEST_F(signal_process, ABrokenPipeKillsUnlessAsked) {
  EXPECT_EXIT((catch_one(SIGINT), fails_with_epipe()), KilledBySignal(SIGPIPE), "");
  EXPECT_EXIT((catch_one(SIGINT), fails_with_epipe(1)), KilledBySignal(SIGPIPE), "");
}

TEST_F(signal_process, ABrokenPipeIsAnErrorWhenSIGPIPEIsCaughtOrIgnored) {
  EXPECT_EXIT(
      {
        const auto c = notified({SIGPIPE});
        fail_unless(fails_with_epipe() && c.recv() == SIGPIPE);
        fail_unless(fails_with_epipe(1) && c.recv() == SIGPIPE);
        goro::signal::ignore({SIGPIPE});
        fail_unless(fails_with_epipe() && received(c) == 0);
        std::exit(0);
      },
      ExitedWithCode(0), "");
  EXPECT_EXIT((goro::signal::ignore({SIGPIPE}), goro::signal::reset({SIGPIPE}), fails_with_epipe()),
              KilledBySignal(SIGPIPE), "");
}

// Faults --------------------------------------------------------------------------------------------------------------

TEST_F(signal_process, AFaultThatIsSentIsASignalLikeAnyOther) {
  EXPECT_EXIT((catch_one(SIGSEGV), catch_one(SIGFPE), catch_one(SIGILL), catch_one(SIGBUS), std::exit(0)),
              ExitedWithCode(0), "");
}

#if !GORO_WITH_ASAN && !GORO_WITH_TSAN  // which report faults in their own way

TEST_F(signal_process, AFaultThatHappensStaysOne) {
  EXPECT_EXIT((catch_one(SIGBUS), std::raise(SIGBUS)), KilledBySignal(SIGBUS), "");
  EXPECT_EXIT(
      {
        const auto c = notified({});
        int* volatile nowhere = nullptr;
        *nowhere = 1;
      },
      KilledBySignal(SIGSEGV), "");
  EXPECT_EXIT((goro::signal::ignore({SIGTRAP}), __builtin_trap()), [](int status) { return WIFSIGNALED(status); }, "");
}

int fill_the_stack(int depth) {
  volatile char frame[1024];
  frame[0] = static_cast<char>(depth);
  return depth == 0 ? 0 : fill_the_stack(depth - 1) + frame[0];
}

TEST_F(signal_process, AStackOverflowIsStillReported) {
  EXPECT_EXIT(
      {
        const auto c = notified({});
        goro::run([] { return fill_the_stack(1 << 30); });
      },
      ExitedWithCode(2), "stack overflow");
}

#endif

// What cannot be ------------------------------------------------------------------------------------------------------

TEST_F(signal_process, AClosedChannelIsFatal) {
  EXPECT_EXIT(
      {
        const auto c = notified({SIGUSR1});
        c.close();
        std::raise(SIGUSR1);
        goro::signal::stop(c);
      },
      ExitedWithCode(2), "send on closed channel");
}

TEST_F(signal_process, ARefusedThreadIsAnError) {
  EXPECT_EXIT(
      {
        setenv("GORODEBUG", "deny=thread", 1);
        const auto c = goro::make_chan<int>(1);
        try {
          goro::signal::notify(c, {SIGUSR1});
        } catch (const std::system_error& e) {
          fail_unless(e.code() == std::errc::resource_unavailable_try_again);
          std::raise(SIGUSR1);  // nothing has changed
        }
      },
      KilledBySignal(SIGUSR1), "");
  EXPECT_EXIT(
      {
        setenv("GORODEBUG", "deny=thread:2", 1);
        try {
          goro::signal::notify_context(goro::background(), {SIGUSR1});
        } catch (const std::system_error&) {
          std::exit(0);
        }
      },
      ExitedWithCode(0), "");
}

TEST_F(signal_process, AChildOfForkMayNot) {
  EXPECT_EXIT(
      {
        catch_one(SIGUSR1);
        const pid_t child = ::fork();
        if (child == 0) {
          goro::signal::reset();
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        std::_Exit(WEXITSTATUS(status));
      },
      ExitedWithCode(2), "fork");
}

// Signals that arrive while the process ends find nothing that is gone.
TEST_F(signal_process, SignalsDoNotDisturbTheEnd) {
  EXPECT_EXIT(
      {
        static const auto c = notified({SIGUSR1}, 4);
        static const auto made = goro::signal::notify_context(goro::background(), {SIGUSR2});
        std::thread([] {
          for (;;) {
            kill_self(SIGUSR1);
            kill_self(SIGUSR2);
          }
        }).detach();
        goro::run([] {
          for (int i = 0; i < 100; ++i) {
            goro::go([] {
              for (;;) {
                c.recv();
              }
            });
          }
          made.ctx.done().recv();
        });
        signal(SIGUSR2, SIG_IGN);  // the cancel function goes with the static objects
        std::exit(0);
      },
      ExitedWithCode(0), "");
}

}  // namespace
