// Waits for descriptors: who is woken, by what, and who is not. And who asks the poller, seen from outside.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "poll/poller.hpp"
#include "sched/io_source.hpp"
#include "sched/polling.hpp"
#include "support.hpp"

namespace goro::sched {
namespace {

using sched_test::eventually;
using sched_test::in_goroutine;
using sched_test::pause_for;
using namespace std::chrono_literals;

// A registered end of a socket pair, and the other one.
class watched_pair {
 public:
  watched_pair() {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends_.data()), 0);
    int error = 0;
    source_ = io_source::open(ends_[0], error);
    EXPECT_EQ(error, 0);
  }
  watched_pair(const watched_pair&) = delete;
  watched_pair& operator=(const watched_pair&) = delete;
  ~watched_pair() {
    source_->evict();
    source_->close();
    ::close(ends_[0]);
    ::close(ends_[1]);
  }

  io_source& source() const { return *source_; }
  int descriptor() const { return ends_[0]; }
  void put() const { EXPECT_EQ(::write(ends_[1], "x", 1), 1); }
  bool read() const {
    char c;
    return ::read(ends_[0], &c, 1) == 1;
  }
  // As net reads a byte.
  io_status receive() const {
    for (;;) {
      const io_status status = source_->take(io_direction::read);
      if (status != io_status::ready) {
        return status;
      }
      if (read()) {
        source_->put_back(io_direction::read);
        return status;
      }
    }
  }

 private:
  std::array<int, 2> ends_{};
  io_source* source_ = nullptr;
};

class IoSource : public testing::TestWithParam<int> {
 protected:
  void SetUp() override { gomaxprocs(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(Processors, IoSource, testing::Values(1, 2, 4, 64), testing::PrintToStringParamName());

TEST_P(IoSource, AReadWaitsForData) {
  in_goroutine([] {
    const watched_pair p;
    go([&p] { p.put(); });
    EXPECT_EQ(p.receive(), io_status::ready);
  });
}

// The pauses sweep over the time in which a worker gives up searching and goes to sleep in the poller.
TEST_P(IoSource, EventsWhileTheLastWorkerFallsAsleepArrive) {
  const watched_pair p;
  const int rounds = 3000;
  std::atomic<int> seen{0};
  std::atomic<bool> ended{false};
  go([&] {
    for (int i = 0; i < rounds; ++i) {
      EXPECT_EQ(p.receive(), io_status::ready);
      seen = i + 1;
    }
    ended = true;
  });
  for (int i = 0; i < rounds; ++i) {
    p.put();
    ASSERT_TRUE(eventually([&] { return seen == i + 1; })) << "round " << i;
    for (int pause = (i * 7) % 1500; pause > 0; --pause) {
      base::cpu_pause();
    }
  }
  EXPECT_TRUE(eventually([&] { return ended.load(); }));
}

// A go statement while the only idle worker sleeps in the poller.
TEST_P(IoSource, WorkSubmittedWhileAWorkerSleepsInThePollerIsRun) {
  const watched_pair p;
  std::atomic<int> ran{0};
  for (int i = 0; i < 3000; ++i) {
    go([&ran] { ++ran; });
    ASSERT_TRUE(eventually([&] { return ran == i + 1; })) << "round " << i;
    for (int pause = (i * 7) % 1500; pause > 0; --pause) {
      base::cpu_pause();
    }
  }
}

TEST_P(IoSource, TimersAreKeptInThePoller) {
  const watched_pair p;
  std::atomic<bool> ended{false};
  go([&ended] {
    pause_for(3'600'000'000'000);
    ended = true;
  });
  for (int i = 0; i < 50; ++i) {
    const base::nanoseconds until = base::now_ns() + 200'000;
    in_goroutine([] { pause_for(200'000); });
    EXPECT_GE(base::now_ns(), until);
  }
  EXPECT_FALSE(ended);
}

TEST_P(IoSource, AForeignThreadWaitsWhileNoGoroutineLives) {
  const watched_pair p;
  std::thread reader([&p] {
    for (int i = 0; i < 100; ++i) {
      EXPECT_EQ(p.receive(), io_status::ready);
    }
  });
  for (int i = 0; i < 100; ++i) {
    p.put();
  }
  reader.join();
}

// Every processor is busy and none comes by: the monitor looks, and takes a processor away for the one who was woken.
TEST_P(IoSource, EventsArriveBesideEndlessLoops) {
  const watched_pair p;
  std::atomic<bool> stop{false};
  std::atomic<int> loops{0};
  const int n = GetParam() < 4 ? GetParam() : 4;
  gomaxprocs(n);
  for (int i = 0; i < n; ++i) {
    go([&] {
      ++loops;
      while (!stop) {
      }
      --loops;
    });
  }
  EXPECT_TRUE(eventually([&] { return loops == n; }));
  std::atomic<int> got{0};
  go([&] {
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(p.receive(), io_status::ready);
      ++got;
    }
  });
  std::thread foreign([&] {
    const watched_pair q;
    q.put();
    EXPECT_EQ(q.receive(), io_status::ready);
  });
  for (int i = 0; i < 3; ++i) {
    p.put();
    EXPECT_TRUE(eventually([&] { return got == i + 1; }));
  }
  foreign.join();
  stop = true;
  EXPECT_TRUE(eventually([&] { return loops == 0; }));
}

// The queues are never empty: two goroutines that always yield. The monitor need not help.
TEST_P(IoSource, EventsArriveBesideGoroutinesThatAlwaysYield) {
  const watched_pair p;
  std::atomic<bool> stop{false};
  std::atomic<int> got{0};
  const int yielders = 2 * GetParam();
  for (int i = 0; i < yielders; ++i) {
    go([&] {
      while (!stop) {
        yield();
      }
      ++got;
    });
  }
  go([&] {
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(p.receive(), io_status::ready);
      ++got;
    }
  });
  for (int i = 0; i < 10; ++i) {
    p.put();
    EXPECT_TRUE(eventually([&] { return got == i + 1; }));
  }
  stop = true;
  EXPECT_TRUE(eventually([&] { return got == 10 + yielders; }));
}

// Who sleeps in the poller finds an event, but no processor: while it passes the event on, somebody gives it one. A race
// build tells when it takes it for its own before it may.
TEST_P(IoSource, AProcessorIsHandedToOneThatDelivers) {
  const watched_pair p;
  constexpr int rounds = 2000;
  std::atomic<int> got{0};
  std::atomic<bool> stop{false};
  std::atomic<int> left{std::min(GetParam(), 4) + 1};
  go([&] {
    while (got < rounds) {
      EXPECT_EQ(p.receive(), io_status::ready);
      ++got;
    }
  });
  for (int i = left; i > 0; --i) {
    go([&] {
      while (!stop) {
        blocking([] {});
      }
      --left;
    });
  }
  for (int i = 0; i < rounds; ++i) {
    p.put();
    ASSERT_TRUE(eventually([&] { return got == i + 1; })) << "round " << i;
  }
  stop = true;
  EXPECT_TRUE(eventually([&] { return left == 0; }));
}

// The only processor is given up by blocking() with nothing to run: somebody must still look.
TEST_P(IoSource, EventsArriveWhileTheOnlyGoroutineBlocks) {
  const watched_pair p;
  in_goroutine([&p] {
    blocking([&p] {
      std::thread reader([&p] { EXPECT_EQ(p.receive(), io_status::ready); });
      p.put();
      reader.join();
    });
  });
}

TEST_P(IoSource, DeadlinesEndWaits) {
  in_goroutine([] {
    const watched_pair p;
    io_source& s = p.source();
    EXPECT_EQ(s.take(io_direction::read), io_status::ready);  // as it was registered
    const base::nanoseconds until = base::now_ns() + 200'000;
    s.set_deadline(io_direction::read, until);
    EXPECT_EQ(s.take(io_direction::read), io_status::timed_out);
    EXPECT_GE(base::now_ns(), until);
    EXPECT_EQ(s.take(io_direction::write), io_status::ready) << "the other direction has none";
    s.set_deadline(io_direction::read, base::never);
    p.put();
    EXPECT_EQ(p.receive(), io_status::ready);
  });
}

TEST_P(IoSource, EvictionEndsWaitsInBothDirections) {
  const watched_pair p;
  io_source& s = p.source();
  std::atomic<int> closed{0};
  for (const io_direction d : {io_direction::read, io_direction::write}) {
    go([&s, &closed, d] {
      while (s.take(d) == io_status::ready) {
      }
      ++closed;
    });
  }
  std::this_thread::sleep_for(1ms);
  s.evict();
  EXPECT_TRUE(eventually([&] { return closed == 2; }));
  EXPECT_EQ(s.take(io_direction::read), io_status::closed);
}

// An event that a worker holds while the descriptor is closed and its number is registered anew.
TEST_P(IoSource, AStaleEventWakesNobody) {
  in_goroutine([] {
    const int number = ::fcntl(0, F_DUPFD_CLOEXEC, 500);  // a number that nobody else takes meanwhile
    ASSERT_GE(number, 0);
    int error = 0;
    std::array<int, 2> first{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, first.data()), 0);
    ASSERT_EQ(::dup3(first[0], number, O_CLOEXEC), number);
    io_source* old = io_source::open(number, error);
    ASSERT_NE(old, nullptr);
    // What the poller would have handed out for it. Sources count from 1 or where a test before this one has left them.
    std::uint64_t token = 0;
    for (std::uint64_t sequence = 1; sequence < 1000 && token == 0; ++sequence) {
      const std::uint64_t guess = sequence << 32 | static_cast<std::uint32_t>(number);
      const poll::event e{guess, true, false, true};
      deliver({&e, 1});
      token = old->unusual() ? guess : 0;
    }
    ASSERT_NE(token, 0U) << "the event of the registration there is arrives";
    EXPECT_EQ(old->take(io_direction::read), io_status::ready);
    old->evict();
    old->close();

    std::array<int, 2> second{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, second.data()), 0);
    ASSERT_EQ(::dup3(second[0], number, O_CLOEXEC), number);
    io_source* again = io_source::open(number, error);
    ASSERT_EQ(again, old) << "the same number has the same source";
    EXPECT_EQ(again->take(io_direction::read), io_status::ready);
    const poll::event stale{token, true, true, true};
    deliver({&stale, 1});
    EXPECT_FALSE(again->unusual());
    again->set_deadline(io_direction::read, base::now_ns() + 2'000'000);
    EXPECT_EQ(again->take(io_direction::read), io_status::timed_out);
    again->evict();
    again->close();
    for (const int d : {number, first[0], first[1], second[0], second[1]}) {
      ::close(d);
    }
  });
}

TEST_P(IoSource, WhetherSomebodyWaitsIsKnown) {
  const watched_pair p;
  EXPECT_FALSE(somebody_waits_for_io());
  std::atomic<bool> ended{false};
  go([&p, &ended] {
    EXPECT_EQ(p.receive(), io_status::ready);
    ended = true;
  });
  EXPECT_TRUE(eventually([] { return somebody_waits_for_io(); }));
  p.put();
  EXPECT_TRUE(eventually([&] { return ended.load(); }));
  EXPECT_FALSE(somebody_waits_for_io());
}

// A program that has used the poller and now does nothing uses no CPU.
TEST_P(IoSource, AnIdleProgramUsesNoTime) {
  const watched_pair p;
  std::atomic<bool> ended{false};
  go([&p, &ended] {
    EXPECT_EQ(p.receive(), io_status::ready);
    ended = true;
  });
  const auto cpu_time = [] {
    rusage use;
    ::getrusage(RUSAGE_SELF, &use);
    return (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1'000'000 + use.ru_utime.tv_usec + use.ru_stime.tv_usec;
  };
  const auto switches = [] {
    rusage use;
    ::getrusage(RUSAGE_SELF, &use);
    return use.ru_nvcsw;
  };
  // The monitor has an upkeep a second after the last work; then nothing happens at all. (ThreadSanitizer has a thread
  // of its own that looks around every 100 ms.)
  constexpr long most_switches = GORO_WITH_TSAN ? 9 : 3;
  EXPECT_TRUE(eventually([&] {
    const long before = switches();
    const auto used = cpu_time();
    std::this_thread::sleep_for(300ms);
    return switches() - before <= most_switches && cpu_time() - used < 5'000;
  }));
  p.put();
  EXPECT_TRUE(eventually([&] { return ended.load(); }));
}

}  // namespace
}  // namespace goro::sched
