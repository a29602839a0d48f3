// For tests that disturb other threads by a signal: where that can be done, and a thread in a system call.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <thread>

#include "platform/linux/task_folder.hpp"
#include "platform/os.hpp"

namespace goro::platform {

// A thread is disturbed only if the kernel tells that it does not matter (linux/own_signal.hpp).
class DisturbsThreads : public testing::Test {
 protected:
  void SetUp() override {
#ifdef GORO_EMULATED
    GTEST_SKIP() << "the emulator's threads and signals are not the program's";
#endif
    if (state_of_task(thread_id()).call == task_state::not_told) {
      GTEST_SKIP() << "/proc/self/task/N/syscall does not tell in which call a thread sleeps";
    }
    if (blocks_signal(thread_id(), SIGKILL)) {  // as nobody can
      GTEST_SKIP() << "/proc/self/task/N/status does not tell which signals a thread blocks";
    }
  }
};

// Sleeps in a system call that waits for input, from the end of the constructor to finish().
class sleeping_thread {
 public:
  static sleeping_thread in_read() {
    return {SYS_read, [](int from) {
              char byte;
              return static_cast<long>(::read(from, &byte, 1));
            }};
  }
  static sleeping_thread in_poll() {
#if defined(SYS_poll)
    constexpr long number = SYS_poll;
#else
    constexpr long number = SYS_ppoll;
#endif
    return {number, [](int from) {
              pollfd wanted{from, POLLIN, 0};
              return static_cast<long>(::poll(&wanted, 1, -1));
            }};
  }
  sleeping_thread(const sleeping_thread&) = delete;
  sleeping_thread& operator=(const sleeping_thread&) = delete;
  ~sleeping_thread() {
    if (thread_.joinable()) {
      finish();
    }
    ::close(ends_[0]);
    ::close(ends_[1]);
  }

  int id() const { return id_; }

  // Gives it a byte of input. What the call has returned.
  long finish() {
    EXPECT_EQ(::write(ends_[1], "x", 1), 1);
    thread_.join();
    return result_;
  }

 private:
  using call = long (*)(int from);

  sleeping_thread(long number, call wait) {
    EXPECT_EQ(::pipe(ends_.data()), 0);
    thread_ = std::thread([this, wait] {
      id_ = thread_id();
      result_ = wait(ends_[0]);
    });
    while (id_ == 0 || state_of_task(id_).call != number) {
      yield_thread();
    }
  }

  std::array<int, 2> ends_{};
  std::atomic<int> id_{0};
  long result_ = 0;
  std::thread thread_;
};

}  // namespace goro::platform
