#include "platform/thread_call.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <climits>
#include <csignal>
#include <cstdint>
#include <thread>

#include "disturbed_thread.hpp"
#include "goro/detail/config.hpp"
#include "platform/os.hpp"

namespace goro::platform {
namespace {

constexpr base::nanoseconds long_time = 10'000'000'000;

class ThreadCall : public DisturbsThreads {
 protected:
  void SetUp() override {
    if (GORO_WITH_TSAN != 0) {
      GTEST_SKIP() << "ThreadSanitizer holds signals back";
    }
    DisturbsThreads::SetUp();
  }
};

// A thread that counts until the end of the test.
class counting_thread {
 public:
  counting_thread()
      : thread_([this] {
          id_ = thread_id();
          while (goes_on_) {
            count_.fetch_add(1, std::memory_order_relaxed);
          }
        }) {
    while (id_ == 0) {
      yield_thread();
    }
  }
  ~counting_thread() {
    goes_on_ = false;
    thread_.join();
  }

  int id() const { return id_; }
  void expect_it_goes_on() const {
    for (const unsigned long before = count_; count_ == before;) {
      yield_thread();
    }
  }

 private:
  std::atomic<int> id_{0};
  std::atomic<bool> goes_on_{true};
  std::atomic<unsigned long> count_{0};
  std::thread thread_;
};

// A thread that a child process holds still, as a debugger does: signals that are sent to it wait until it is let go.
class held_thread {
 public:
  // False when the system does not let a child do that.
  bool hold(int thread) {
    EXPECT_EQ(::pipe(told_.data()), 0);
    EXPECT_EQ(::pipe(let_go_.data()), 0);
    ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    child_ = ::fork();
    if (child_ == 0) {
      trace(thread);
    }
    ::close(told_[1]);  // so that a child that ends without a word is noticed
    char answer = 0;
    return child_ > 0 && ::read(told_[0], &answer, 1) == 1 && answer == 'h';
  }
  void let_go() {
    if (child_ > 0) {
      EXPECT_EQ(::write(let_go_[1], "x", 1), 1);
      EXPECT_EQ(::waitpid(child_, nullptr, 0), child_);
      for (const int end : {told_[0], let_go_[0], let_go_[1]}) {
        ::close(end);
      }
      child_ = 0;
    }
  }
  held_thread() = default;
  held_thread(const held_thread&) = delete;
  held_thread& operator=(const held_thread&) = delete;
  ~held_thread() { let_go(); }

 private:
  [[noreturn]] void trace(int thread) const {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const bool held = ::ptrace(PTRACE_SEIZE, thread, nullptr, nullptr) == 0 &&
                      ::ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr) == 0 &&
                      ::waitpid(thread, nullptr, __WALL) == thread;
    char byte = held ? 'h' : 'r';
    if (::write(told_[1], &byte, 1) != 1 || ::read(let_go_[0], &byte, 1) != 1) {
      ::_exit(1);
    }
    ::ptrace(PTRACE_DETACH, thread, nullptr, nullptr);
    ::_exit(0);
  }

  std::array<int, 2> told_{};
  std::array<int, 2> let_go_{};
  pid_t child_ = 0;
};

// A thread that has answered blocks signals until it has left the handler.
void begin(thread_call& call, int thread) {
  while (!call.begin(thread)) {
    yield_thread();
  }
}

struct id_call : thread_call {
  id_call() : thread_call([](thread_call& self) noexcept { static_cast<id_call&>(self).called_in = thread_id(); }) {}
  int called_in = 0;
};

TEST_F(ThreadCall, IsMadeInTheThreadThatIsMeant) {
  static auto& call = *new id_call;  // calls live for ever
  const counting_thread other;
  const counting_thread another;
  for (int round = 0; round < 20; ++round) {
    const int wanted = round % 2 == 0 ? other.id() : another.id();
    begin(call, wanted);
    ASSERT_TRUE(call.finish(base::now_ns() + long_time));
    EXPECT_EQ(call.called_in, wanted);
  }
  other.expect_it_goes_on();
  another.expect_it_goes_on();
}

TEST_F(ThreadCall, ManyAreMadeSideBySide) {
  static auto& calls = *new std::array<id_call, 8>;
  const std::array<counting_thread, 8> threads;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    ASSERT_TRUE(calls[i].begin(threads[i].id()));
  }
  for (std::size_t i = 0; i < calls.size(); ++i) {
    EXPECT_TRUE(calls[i].finish(base::now_ns() + long_time));
    EXPECT_EQ(calls[i].called_in, threads[i].id());
  }
}

TEST_F(ThreadCall, OfAThreadThatIsNotThereIsNotMade) {
  static auto& call = *new id_call;
  EXPECT_FALSE(call.begin(0));
  EXPECT_FALSE(call.begin(INT_MAX));
  EXPECT_TRUE(call.is_over());
}

TEST_F(ThreadCall, AFaultEndsIt) {
  if (GORO_WITH_ASAN != 0) {
    GTEST_SKIP() << "the sanitizer reports it itself";
  }
  on_memory_fault([](const memory_fault&) {});
  struct faulty : thread_call {
    faulty()
        : thread_call([](thread_call& self) noexcept {
            volatile std::uintptr_t wild = 0x123456789000;
            static_cast<faulty&>(self).value = *reinterpret_cast<const volatile int*>(wild);
          }) {}
    int value = 0;
  };
  static auto& call = *new faulty;
  const counting_thread other;
  for (int round = 0; round < 5; ++round) {
    begin(call, other.id());
    EXPECT_FALSE(call.finish(base::now_ns() + long_time));
    EXPECT_TRUE(call.is_over());
    other.expect_it_goes_on();
  }
}

TEST_F(ThreadCall, OneThatTakesTooLongIsNotWaitedFor) {
  struct lasting : thread_call {
    lasting()
        : thread_call([](thread_call& self) noexcept {
            auto& call = static_cast<lasting&>(self);
            call.begun = true;
            while (!call.may_end) {
            }
          }) {}
    std::atomic<bool> begun{false};
    std::atomic<bool> may_end{false};
  };
  static auto& call = *new lasting;
  call.begun = false;  // when the test is repeated
  call.may_end = false;
  const counting_thread other;
  begin(call, other.id());
  while (!call.begun) {
    yield_thread();
  }
  EXPECT_FALSE(call.finish(base::now_ns()));
  EXPECT_FALSE(call.is_over());
  EXPECT_FALSE(call.begin(other.id()));
  call.may_end = true;
  while (!call.is_over()) {
    yield_thread();
  }
  begin(call, other.id());
  EXPECT_TRUE(call.finish(base::now_ns() + long_time));
}

// The signal on behalf of the first comes when the call is wanted of another thread already, which is not there yet
// either.
TEST_F(ThreadCall, ALateSignalDoesNotMakeWhatIsWantedOfAnotherThread) {
  static auto& call = *new id_call;
  const counting_thread first;
  const counting_thread second;
  held_thread first_held;
  held_thread second_held;
  if (!first_held.hold(first.id()) || !second_held.hold(second.id())) {
    GTEST_SKIP() << "a child process may not hold a thread still (ptrace)";
  }
  call.called_in = 0;
  ASSERT_TRUE(call.begin(first.id()));
  EXPECT_FALSE(call.finish(base::now_ns()));
  ASSERT_TRUE(call.is_over());
  ASSERT_TRUE(call.begin(second.id()));
  first_held.let_go();
  first.expect_it_goes_on();  // after its handler
  EXPECT_FALSE(call.is_over());
  EXPECT_EQ(call.called_in, 0);
  second_held.let_go();
  EXPECT_TRUE(call.finish(base::now_ns() + long_time));
  EXPECT_EQ(call.called_in, second.id());
}

TEST_F(ThreadCall, CallsAreUsedAgainCrosswise) {
  static auto& calls = *new std::array<id_call, 2>;
  const std::array<counting_thread, 2> threads;
  std::array<held_thread, 2> held;
  if (!held[0].hold(threads[0].id()) || !held[1].hold(threads[1].id())) {
    GTEST_SKIP() << "a child process may not hold a thread still (ptrace)";
  }
  for (std::size_t i = 0; i < 2; ++i) {
    ASSERT_TRUE(calls[i].begin(threads[i].id()));
  }
  for (id_call& call : calls) {
    EXPECT_FALSE(call.finish(base::now_ns()));
  }
  for (std::size_t i = 0; i < 2; ++i) {
    ASSERT_TRUE(calls[i].begin(threads[1 - i].id()));
  }
  held[0].let_go();  // with a signal for each call
  EXPECT_TRUE(calls[1].finish(base::now_ns() + long_time));
  threads[0].expect_it_goes_on();
  EXPECT_FALSE(calls[0].is_over());
  held[1].let_go();
  EXPECT_TRUE(calls[0].finish(base::now_ns() + long_time));
  EXPECT_EQ(calls[0].called_in, threads[1].id());
  EXPECT_EQ(calls[1].called_in, threads[0].id());
}

TEST_F(ThreadCall, AThreadThatBlocksSignalsIsNotAsked) {
  static auto& call = *new id_call;
  std::atomic<int> thread{0};
  std::atomic<bool> goes_on{true};
  std::thread blocking([&] {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    thread = thread_id();
    while (goes_on) {
    }
  });
  while (thread == 0) {
    yield_thread();
  }
  EXPECT_FALSE(call.begin(thread));
  goes_on = false;
  blocking.join();
}

TEST_F(ThreadCall, ASystemCallThatASignalWouldEndIsLeftAlone) {
  static auto& call = *new id_call;
  sleeping_thread polling = sleeping_thread::in_poll();
  EXPECT_FALSE(call.begin(polling.id()));
  EXPECT_EQ(polling.finish(), 1);
}

}  // namespace
}  // namespace goro::platform
