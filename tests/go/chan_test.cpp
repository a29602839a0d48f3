// Sending and receiving, after the parts of TestChan in Go's runtime/chan_test.go and its tests of many senders and
// receivers. Other parts: chan_make (len, cap), chan_close.
#include <array>
#include <map>
#include <mutex>

#include "chan_support.hpp"

using namespace support;

namespace {

constexpr std::size_t capacities = 5 * scale;  // tested: 0 to this

TEST(chan_basic, TestChan_ReceiveFromEmptyBlocks) {
  for (std::size_t capacity = 0; capacity < capacities; ++capacity) {
    const auto c = make_chan<int>(capacity);
    std::atomic<int> received{0};
    together(3, [&](int i) {
      if (i < 2) {
        EXPECT_EQ(c.recv(), 7);
        ++received;
        return;
      }
      let_others_run();
      EXPECT_EQ(received, 0);
      c.send(7);
      c.send(7);
    });
    EXPECT_EQ(received, 2);
  }
}

TEST(chan_basic, TestChan_NonblockingReceiveFromEmpty) {
  for (std::size_t capacity = 0; capacity < capacities; ++capacity) {
    const auto c = make_chan<int>(capacity);
    int untouched = 5;
    EXPECT_EQ(c.try_recv(untouched), chan_status::empty);
    EXPECT_EQ(goro::select(goro::recv_case(c), goro::default_case()), 1U);
    EXPECT_EQ(untouched, 5);
  }
}

TEST(chan_basic, TestChan_SendToFullBlocks) {
  for (std::size_t capacity = 0; capacity < capacities; ++capacity) {
    const auto c = full_chan(capacity);
    std::atomic<bool> sent{false};
    together(2, [&](int i) {
      if (i == 0) {
        c.send(1000);
        sent = true;
        return;
      }
      let_others_run();
      EXPECT_FALSE(sent);
      int last = -1;
      for (std::size_t n = 0; n <= capacity; ++n) {
        EXPECT_TRUE(c.recv(last));
      }
      EXPECT_EQ(last, 1000);
    });
    EXPECT_TRUE(sent);
  }
}

TEST(chan_basic, TestChan_NonblockingSendToFull) {
  for (std::size_t capacity = 0; capacity < capacities; ++capacity) {
    const auto c = full_chan(capacity);
    EXPECT_EQ(c.try_send(0), chan_status::full);
    EXPECT_EQ(goro::select(goro::send_case(c, 0), goro::default_case()), 1U);
    EXPECT_EQ(c.size(), capacity);
  }
}

// A receiver that waits is a place for a value, whatever the capacity; a sender that waits is a value.
TEST(chan_basic, TryMeetsAPartnerThatWaits) {
  sweep_processors([] {
    const auto c = make_chan<int>();
    together(2, [&](int i) {
      if (i == 0) {
        EXPECT_EQ(c.recv(), 1);
        c.send(2);
      } else {
        EXPECT_TRUE(eventually([&] { return c.try_send(1) == chan_status::success; }));
        int got = 0;
        EXPECT_TRUE(eventually([&] { return c.try_recv(got) == chan_status::success; }));
        EXPECT_EQ(got, 2);
      }
    });
  });
}

TEST(chan_basic, TestChan_FirstInFirstOut) {
  sweep_processors([] {
    for (std::size_t capacity = 0; capacity < capacities; ++capacity) {
      const auto c = make_chan<int>(capacity);
      constexpr int n = 100;
      together(2, [&](int i) {
        for (int k = 0; k < 2 * n; ++k) {
          if (i == 0) {
            c.send(k);
          } else if (k < n) {
            ASSERT_EQ(c.recv(), k);
          } else {
            int value = -1;
            ASSERT_TRUE(c.recv(value));
            ASSERT_EQ(value, k);
          }
        }
      });
    }
  });
}

// Four send, four receive: every value comes out as often as it went in, and each receiver sees every sender's in
// order.
TEST(chan_basic, TestChan_ManySendersManyReceivers) {
  sweep_processors([] {
    for (const std::size_t capacity : {0, 1, 3, 100}) {
      struct message {
        int sender;
        int number;
      };
      constexpr int sides = 4;
      constexpr int n = 100 * scale;
      const auto c = make_chan<message>(capacity);
      std::mutex guard;
      std::map<std::pair<int, int>, int> seen;
      together(2 * sides, [&](int i) {
        if (i % 4 < 2) {  // of each kind of caller, half send
          for (int k = 0; k < n; ++k) {
            c.send({i, k});
          }
          return;
        }
        std::vector<message> got;
        std::map<int, int> last;
        for (int k = 0; k < n; ++k) {
          got.push_back(c.recv().value());
          const auto before = last.find(got.back().sender);
          ASSERT_TRUE(before == last.end() || before->second < got.back().number);
          last[got.back().sender] = got.back().number;
        }
        const std::lock_guard hold(guard);
        for (const message& m : got) {
          ++seen[{m.sender, m.number}];
        }
      });
      EXPECT_EQ(seen.size(), std::size_t{sides * n});
      EXPECT_EQ(c.size(), 0U);
    }
  });
}

// A value is there all the time until one of the two takes it; afterwards the channel is closed. Never is it merely
// empty.
TEST(chan_basic, TestNonblockRecvRace) {
  sweep_processors([] {
    for (int i = 0; i < 100 * scale; ++i) {
      const auto c = make_chan<int>(1);
      c.send(1);
      together(
          2,
          [&](int who) {
            if (who == 0) {
              EXPECT_EQ(goro::select(goro::recv_case(c), goro::default_case()), 0U) << "not ready";
            } else {
              c.close();
              (void)c.recv();
            }
          },
          i % 8 == 0 ? callers::mixed : callers::goroutines);
    }
  });
}

// Workers between two channels; the end is told by closing, first of the jobs, then of the results.
TEST(chan_basic, TestMultiConsumer) {
  sweep_processors([] {
    constexpr int workers = 23;
    constexpr int jobs = 1000 * scale;
    constexpr std::array primes{2, 3, 7, 11, 13, 17, 19, 23, 27, 31};
    const auto queue = make_chan<int>(workers * 3);
    const auto results = make_chan<int>(workers * 3);
    long wanted = 0;
    for (int i = 0; i < jobs; ++i) {
      wanted += primes[static_cast<std::size_t>(i) % primes.size()];
    }
    together(2, [&](int side) {
      if (side == 0) {
        for (int i = 0; i < jobs; ++i) {
          queue.send(primes[static_cast<std::size_t>(i) % primes.size()]);
        }
        queue.close();
        return;
      }
      std::atomic<int> working{workers};
      for (int w = 0; w < workers; ++w) {
        goro::go([&, w, queue, results] {
          for (const int job : queue) {
            if (job == primes[static_cast<std::size_t>(w) % primes.size()]) {
              goro::yield();
            }
            results.send(job);
          }
          if (--working == 0) {
            results.close();
          }
        });
      }
      long sum = 0;
      int n = 0;
      for (const int result : results) {
        sum += result;
        ++n;
      }
      EXPECT_EQ(n, jobs);
      EXPECT_EQ(sum, wanted);
    });
  });
}

// Ten chained goroutines: each takes its number when the one before has taken his. chan/fifo.go.
TEST(chan_basic, fifo_AsynchFifo) {
  const auto c = full_chan(10);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(c.recv(), i);
  }
}

TEST(chan_basic, fifo_SynchFifo) {
  sweep_processors([] {
    constexpr int n = 10;
    const auto c = make_chan<int>();
    std::vector<chan<void>> turns;
    for (int i = 0; i <= n; ++i) {
      turns.push_back(make_chan<void>());
    }
    together(n + 1, [&](int i) {
      if (i < n) {
        turns[static_cast<std::size_t>(i)].recv();
        EXPECT_EQ(c.recv(), i);
        turns[static_cast<std::size_t>(i) + 1].send();
        return;
      }
      turns[0].send();
      for (int k = 0; k < n; ++k) {
        c.send(k);
      }
      turns[n].recv();
    });
  });
}

}  // namespace
