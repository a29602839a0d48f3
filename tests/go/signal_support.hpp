// What the tests of signals share.
#pragma once

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>

#include "goro/signal.hpp"
#include "support.hpp"

namespace support {

inline goro::chan<int> notified(std::initializer_list<int> signals, std::size_t room = 1) {
  auto c = goro::make_chan<int>(room);
  goro::signal::notify(c, signals);
  return c;
}

// The highest that can be sent: qemu-user keeps a few for itself.
inline int highest_signal() {
#ifdef GORO_EMULATED
  return SIGRTMIN + 5;
#else
  return SIGRTMAX;
#endif
}

inline void kill_self(int signal) { ::kill(::getpid(), signal); }

// What had arrived when it is called has been delivered when it returns: SIGURG (ignored by default) comes after it,
// and stop() after all that came with SIGURG.
inline void settle() {
  const auto c = notified({SIGURG});
  std::raise(SIGURG);
  EXPECT_EQ(c.recv(), SIGURG);
  goro::signal::stop(c);
}

// What is in the channel now; 0: nothing.
inline int received(const goro::chan<int>& c) {
  int signal = 0;
  c.try_recv(signal);
  return signal;
}

// ThreadSanitizer runs the program's own handlers only when the thread that got the signal calls a function that it
// intercepts. A thread that sleeps in goro does not, so in a race build nothing may wait for a handler but where
// raise() calls it.
inline constexpr bool handlers_may_be_late = GORO_WITH_TSAN != 0;

// A handler of the program's own that counts, for the length of a test.
class own_handler {
 public:
  explicit own_handler(int signal) : signal_(signal) {
    calls = 0;
    struct sigaction mine;
    std::memset(&mine, 0, sizeof(mine));
    mine.sa_handler = [](int) { ++calls; };
    ::sigaction(signal, &mine, &before_);
  }
  own_handler(const own_handler&) = delete;
  own_handler& operator=(const own_handler&) = delete;
  ~own_handler() { ::sigaction(signal_, &before_, nullptr); }

  static inline std::atomic<int> calls{0};

 private:
  const int signal_;
  struct sigaction before_;
};

// Runs the test `name` of this program as a process of its own, in which these signals were ignored from the start and
// is_child() is true. Returns what waitpid() tells.
inline bool is_child() { return std::getenv("GORO_TEST_CHILD") != nullptr; }

inline int run_ignoring(std::initializer_list<int> signals, const std::string& name) {
  const std::string filter = "--gtest_filter=" + name;
  const char* arguments[] = {"/proc/self/exe", filter.c_str(), nullptr};
  ::setenv("GORO_TEST_CHILD", "1", 1);
  const pid_t child = ::fork();
  if (child == 0) {
    for (const int signal : {SIGHUP, SIGINT}) {
      std::signal(signal, SIG_DFL);
    }
    for (const int signal : signals) {
      std::signal(signal, SIG_IGN);
    }
    ::execv(arguments[0], const_cast<char**>(arguments));
    ::_exit(127);
  }
  ::unsetenv("GORO_TEST_CHILD");
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return status;
}

}  // namespace support
