// Goroutines and foreign threads on the same channels: as partners, in one queue, in one select.
#include <array>
#include <utility>

#include "chan_support.hpp"

using namespace support;

namespace {

// Those who wait are served in the order in which they came. Nothing tells from outside that somebody waits, so an
// attempt may go wrong; by chance all would go right once in 720 times.
template <class Attempt>
void usually(Attempt attempt) {
  for (int i = 0; i < 20; ++i) {
    if (attempt()) {
      return;
    }
  }
  ADD_FAILURE() << "20 times in another order";
}

constexpr int in_queue = 6;

// one(i, c) is called by six callers one after another; all(c) by a seventh when the six had time to wait.
template <class One, class All>
void queue_up(callers kind, One one, All all) {
  const auto c = make_chan<int>();
  std::atomic<int> begun{0};
  together(
      in_queue + 1,
      [&](int who) {
        ASSERT_TRUE(eventually([&] { return begun == who; }));
        let_others_run();
        ++begun;
        who < in_queue ? one(who, c) : all(c);
      },
      kind);
}

TEST(chan_thread, ReceiversAreServedFirstInFirstOut) {
  for (const callers kind : {callers::goroutines, callers::mixed}) {
    usually([&] {
      std::atomic<int> right{0};
      queue_up(
          kind, [&](int i, const chan<int>& c) { right += c.recv() == i ? 1 : 0; },
          [](const chan<int>& c) {
            for (int i = 0; i < in_queue; ++i) {
              c.send(i);
            }
          });
      return right == in_queue;
    });
  }
}

TEST(chan_thread, SendersAreServedFirstInFirstOut) {
  for (const callers kind : {callers::goroutines, callers::mixed}) {
    usually([&] {
      int right = 0;
      queue_up(
          kind, [](int i, const chan<int>& c) { goro::select(goro::send_case(c, i), goro::recv_case(chan<int>())); },
          [&](const chan<int>& c) {
            for (int i = 0; i < in_queue; ++i) {
              right += c.recv() == i ? 1 : 0;
            }
          });
      return right == in_queue;
    });
  }
}

// Between goroutines, between threads, and across.
TEST(chan_thread, PingPongBetweenTheKinds) {
  sweep_processors([] {
    for (const callers kind : {callers::goroutines, callers::mixed, callers::threads}) {
      for (const std::size_t capacity : {0, 1}) {
        const auto there = make_chan<int>(capacity);
        const auto back = make_chan<int>(capacity);
        together(
            2,
            [&](int who) {
              for (int i = 0; i < 50 * scale; ++i) {
                if (who == 0) {
                  there.send(i);
                  ASSERT_EQ(back.recv(), i + 1);
                } else {
                  back.send(there.recv().value() + 1);
                }
              }
            },
            kind);
      }
    }
  });
}

// Every caller selects on sending and receiving at the same time, on every channel. What goes in comes out.
TEST(chan_thread, AllInOneSelect) {
  sweep_processors([] {
    for (const std::size_t capacity : {0, 1, 4}) {
      constexpr int callers_each = 6;
      constexpr int turns = 50 * scale;
      const std::array channels{make_chan<int>(capacity), make_chan<int>(capacity), make_chan<int>()};
      const auto over = make_chan<void>();
      std::atomic<long> sent{0};
      std::atomic<long> received{0};
      std::atomic<bool> alone{false};
      together(callers_each, [&](int who) {
        const auto take = [&](std::optional<int> v) { received += v.value(); };
        for (int i = 0; i < turns; ++i) {
          const int value = who * turns + i;
          const auto given = [&] { sent += value; };
          goro::select(goro::send_case(channels[0], value, given), goro::recv_case(channels[1], take),
                       goro::recv_case(channels[2], take), goro::send_case(channels[2], value, given),
                       goro::recv_case(channels[0], take), goro::send_case(channels[1], value, given),
                       goro::recv_case(over));
        }
        if (!alone.exchange(true)) {
          over.close();  // the last one would have nobody to meet
        }
      });
      for (const auto& c : channels) {
        while (const auto v = try_recv(c)) {
          received += *v;
        }
      }
      EXPECT_EQ(sent, received);
    }
  });
}

// One close wakes all, those in a select as well, whatever they are.
TEST(chan_thread, CloseWakesEverybody) {
  sweep_processors([] {
    for (int round = 0; round < 5 * scale; ++round) {
      constexpr int n = 20;
      const auto quit = make_chan<void>();
      const auto never = make_chan<int>();
      together(n + 1, [&](int who) {
        if (who == n) {
          quit.close();
        } else if (who % 4 < 2) {
          EXPECT_FALSE(quit.recv());
        } else {
          EXPECT_EQ(goro::select(goro::recv_case(never), goro::recv_case(quit)), 1U);
        }
      });
    }
  });
}

// Each side drops its handle as soon as its operation returns; the last one takes the channel along. Sanitizers watch.
TEST(chan_thread, TheLastHandleMayGoAtAnyTime) {
  sweep_processors([] {
    for (int i = 0; i < 50 * scale; ++i) {
      std::array<chan<int>, 2> handles;
      handles.fill(make_chan<int>(static_cast<std::size_t>(i % 2)));
      together(2, [&](int who) {
        const auto own = std::move(handles.at(static_cast<std::size_t>(who)));
        if (who == i % 3 % 2) {
          own.send(1);
        } else if (i % 5 == 0) {
          goro::select(goro::recv_case(own), goro::recv_case(make_chan<int>()));
        } else {
          EXPECT_EQ(own.recv(), 1);
        }
      });
    }
  });
}

// A goroutine that goexit takes out of an action leaves no trace in the queues.
TEST(chan_thread, GoexitInAnAction) {
  sweep_processors([] {
    const auto c = make_chan<int>();
    const auto d = make_chan<int>();
    std::atomic<bool> unwound{false};
    goro::go([&, c, d] {
      const goro::defer tell{[&] { unwound = true; }};
      goro::select(goro::recv_case(c, [](std::optional<int>) { goro::goexit(); }), goro::recv_case(d));
    });
    c.send(1);
    EXPECT_TRUE(eventually([&] { return unwound.load(); }));
    EXPECT_EQ(d.try_send(1), chan_status::full) << "nobody waits at the other channel any more";
  });
}

}  // namespace
