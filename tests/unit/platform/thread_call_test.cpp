#include "platform/thread_call.hpp"

#include <gtest/gtest.h>

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
