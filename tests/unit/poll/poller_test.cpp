// The poller alone, over pipes.
#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <set>
#include <thread>

#include "platform/faults.hpp"
#include "poll/poller.hpp"

namespace goro::poll {
namespace {

class pipe_ends {
 public:
  pipe_ends() { EXPECT_EQ(::pipe2(ends_.data(), O_NONBLOCK | O_CLOEXEC), 0); }
  pipe_ends(const pipe_ends&) = delete;
  pipe_ends& operator=(const pipe_ends&) = delete;
  ~pipe_ends() {
    close_reader();
    close_writer();
  }
  int reader() const { return ends_[0]; }
  int writer() const { return ends_[1]; }
  void put(char c = 'x') const { EXPECT_EQ(::write(writer(), &c, 1), 1); }
  void take() const {
    char c;
    EXPECT_EQ(::read(reader(), &c, 1), 1);
  }
  void close_reader() { close_end(0); }
  void close_writer() { close_end(1); }

 private:
  void close_end(std::size_t i) {
    if (ends_[i] >= 0) {
      ::close(ends_[i]);
      ends_[i] = -1;
    }
  }
  std::array<int, 2> ends_{-1, -1};
};

class Poller : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(poller_.open(), 0); }

  std::size_t look() { return poller_.look(events_); }
  std::size_t wait_for(base::nanoseconds time) { return poller_.wait(events_, base::now_ns() + time); }

  poller poller_;  // its descriptors stay open until the process ends
  std::array<event, poller::most_events> events_{};
};

TEST_F(Poller, ReportsAnEdgeOnce) {
  const pipe_ends p;
  ASSERT_EQ(poller_.add(p.reader(), 7), 0);
  EXPECT_EQ(look(), 0U);
  p.put();
  ASSERT_EQ(look(), 1U);
  EXPECT_EQ(events_[0].token, 7U);
  EXPECT_TRUE(events_[0].readable);
  EXPECT_FALSE(events_[0].writable);
  EXPECT_FALSE(events_[0].unusual);
  EXPECT_EQ(look(), 0U) << "nothing new, though there is something to read";
  p.put();
  EXPECT_EQ(look(), 1U) << "something new";
}

TEST_F(Poller, ReportsWhatIsReadyWhenItIsAdded) {
  const pipe_ends p;
  p.put();
  ASSERT_EQ(poller_.add(p.reader(), 1), 0);
  ASSERT_EQ(poller_.add(p.writer(), 2), 0);
  ASSERT_EQ(look(), 2U);
  EXPECT_TRUE(events_[0].token == 1 ? events_[0].readable && events_[1].writable
                                    : events_[1].readable && events_[0].writable);
}

TEST_F(Poller, ReportsTheEndAsUnusual) {
  pipe_ends p;
  ASSERT_EQ(poller_.add(p.reader(), 1), 0);
  p.close_writer();
  ASSERT_EQ(look(), 1U);
  EXPECT_TRUE(events_[0].readable);
  EXPECT_TRUE(events_[0].unusual);
}

TEST_F(Poller, ForgetsWhatIsRemoved) {
  const pipe_ends p;
  ASSERT_EQ(poller_.add(p.reader(), 1), 0);
  p.put();
  poller_.remove(p.reader());
  EXPECT_EQ(look(), 0U);
  ASSERT_EQ(poller_.add(p.reader(), 2), 0);
  ASSERT_EQ(look(), 1U);
  EXPECT_EQ(events_[0].token, 2U);
}

TEST_F(Poller, RefusesWhatIsAlwaysReady) {
  const int file = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  EXPECT_NE(poller_.add(file, 1), 0);
  ::close(file);
  EXPECT_NE(poller_.add(-1, 1), 0);
}

TEST_F(Poller, WaitsUntilTheDeadline) {
  for (const base::nanoseconds time : {0, 1, 50'000, 2'000'000}) {
    const base::nanoseconds until = base::now_ns() + time;
    while (base::now_ns() < until) {
      EXPECT_EQ(poller_.wait(events_, until), 0U);
    }
  }
  platform::deny(platform::service::fine_poll);
  const base::nanoseconds until = base::now_ns() + 50'000;
  EXPECT_EQ(poller_.wait(events_, until), 0U);
  EXPECT_GE(base::now_ns(), until);
  platform::allow(platform::service::fine_poll);
}

TEST_F(Poller, AWaitEndsWithAnEvent) {
  const pipe_ends p;
  ASSERT_EQ(poller_.add(p.reader(), 1), 0);
  std::thread writer([&p] { p.put(); });
  EXPECT_EQ(poller_.wait(events_, base::never), 1U);
  writer.join();
}

TEST_F(Poller, AWakeEndsTheWaitOrTheNextOne) {
  poller_.wake();
  poller_.wake();
  EXPECT_EQ(poller_.wait(events_, base::never), 0U);
  std::thread waker([this] { poller_.wake(); });
  EXPECT_EQ(poller_.wait(events_, base::never), 0U);
  waker.join();
}

// A look beside it must not take the wake away.
TEST_F(Poller, ALookLeavesTheBellToTheWait) {
  poller_.wake();
  EXPECT_EQ(look(), 0U);
  EXPECT_EQ(look(), 0U);
  EXPECT_EQ(poller_.wait(events_, base::never), 0U);
}

// Many that look and one that waits: each event goes to one of them.
TEST_F(Poller, EachEventGoesToOne) {
  constexpr int pipes = 40;
  std::array<pipe_ends, pipes> all;
  for (std::size_t i = 0; i < pipes; ++i) {
    ASSERT_EQ(poller_.add(all[i].reader(), i + 1), 0);
  }
  for (int round = 0; round < 200; ++round) {
    std::array<std::atomic<int>, pipes + 1> seen{};
    std::atomic<int> total{0};
    const auto harvest = [&](bool waits) {
      std::array<event, 8> some{};
      while (total < pipes) {
        const std::size_t n = waits ? poller_.wait(some, base::now_ns() + 100'000) : poller_.look(some);
        for (std::size_t i = 0; i < n; ++i) {
          ++seen[some[i].token];
          ++total;
        }
      }
    };
    std::thread first(harvest, false);
    std::thread second(harvest, true);
    for (const pipe_ends& p : all) {
      p.put();
    }
    first.join();
    second.join();
    for (std::size_t i = 1; i <= pipes; ++i) {
      EXPECT_EQ(seen[i], 1) << i;
    }
    for (const pipe_ends& p : all) {
      p.take();
    }
  }
}

}  // namespace
}  // namespace goro::poll
