// What may be sent: the types that C++ adds to Go's. Every value that goes in comes out or is destroyed, once.
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "chan_support.hpp"
#include "deliberate_race.hpp"

using namespace support;

namespace {

// Sends n values from one side to the other, directly and through select, buffered and not.
template <class T, class Make, class Check>
void pass_through(int n, Make make, Check check) {
  sweep_processors([&] {
    for (const std::size_t capacity : {0, 1, 3}) {
      const auto c = make_chan<T>(capacity);
      together(2, [&](int who) {
        for (int i = 0; i < n; ++i) {
          const bool by_select = i % 2 == 1;
          if (who == 0) {
            by_select ? (void)goro::select(goro::send_case(c, make(i)), goro::recv_case(make_chan<int>()))
                      : c.send(make(i));
          } else if (by_select) {
            std::optional<T> got;
            goro::select(goro::recv_case(chan<void>()), goro::recv_case(c, got));
            ASSERT_TRUE(got);
            check(*got, i);
          } else {
            auto got = c.recv();
            ASSERT_TRUE(got);
            check(*got, i);
          }
        }
      });
    }
  });
}

TEST(chan_type, MoveOnly) {
  using owner = std::unique_ptr<int>;
  pass_through<owner>(
      40, [](int i) { return std::make_unique<int>(i); }, [](const owner& p, int i) { EXPECT_EQ(*p, i); });
  const auto c = make_chan<owner>(2);
  EXPECT_EQ(c.try_send(std::make_unique<int>(1)), chan_status::success);
  c.send(std::make_unique<int>(2));
  owner out;
  EXPECT_EQ(c.try_recv(out), chan_status::success);
  EXPECT_EQ(*out, 1);
  EXPECT_TRUE(c.recv(out));
  EXPECT_EQ(*out, 2);
}

TEST(chan_type, WithoutDefaultConstructor) {
  struct number {
    explicit number(int value) : n(value) {}
    int n;
  };
  static_assert(!std::is_default_constructible_v<number>);
  pass_through<number>(
      40, [](int i) { return number(i); }, [](const number& v, int i) { EXPECT_EQ(v.n, i); });
  const auto c = closed_chan<number>();
  EXPECT_FALSE(c.recv());
}

TEST(chan_type, OverAligned) {
  struct alignas(256) line {
    std::uint64_t word;
  };
  const auto aligned = [](const line& v) { return reinterpret_cast<std::uintptr_t>(&v) % alignof(line) == 0; };
  pass_through<line>(
      40, [](int i) { return line{static_cast<std::uint64_t>(i)}; },
      [&](const line& v, int i) {
        EXPECT_EQ(v.word, static_cast<std::uint64_t>(i));
        EXPECT_TRUE(aligned(v));
      });
  const auto c = make_chan<line>(3);
  c.send(line{1});
  c.send(line{2});
  c.close();
  for (const line& v : c) {
    EXPECT_TRUE(aligned(v));
  }
}

TEST(chan_type, Large) {
  struct block {
    std::array<int, 1000> words;
  };
  pass_through<block>(
      10,
      [](int i) {
        block b{};
        b.words.fill(i);
        return b;
      },
      [](const block& b, int i) {
        EXPECT_EQ(b.words.front(), i);
        EXPECT_EQ(b.words.back(), i);
      });
}

TEST(chan_type, Empty) {
  struct token {};
  pass_through<token>(
      40, [](int) { return token{}; }, [](token, int) {});
  pass_through<std::monostate>(
      40, [](int) { return std::monostate{}; }, [](std::monostate, int) {});
}

TEST(chan_type, ChannelsOfChannels) {
  const auto requests = make_chan<chan<int>>();
  together(2, [&](int who) {
    for (int i = 0; i < 100; ++i) {
      if (who == 0) {
        const auto reply = make_chan<int>(i % 2);
        requests.send(reply);
        EXPECT_EQ(reply.recv(), i);
      } else {
        requests.recv().value().send(i);
      }
    }
  });
}

// chan/sendstmt.go: the channel that is sent to is itself received.
TEST(chan_type, sendstmt_chanchan) {
  const auto cc = make_chan<chan<int>>(1);
  const auto c = make_chan<int>(1);
  cc.send(c);
  EXPECT_EQ(goro::select(goro::send_case(cc.recv().value(), 2), goro::default_case()), 0U);
  EXPECT_EQ(c.recv(), 2);
}

// Go sends one value as an interface through a select with two senders.
TEST(chan_type, TestChanSendInterface) {
  struct shape {
    virtual ~shape() = default;
    virtual int sides() const { return 0; }
  };
  struct square : shape {
    int sides() const override { return 4; }
  };
  const auto c = make_chan<std::shared_ptr<shape>>(1);
  const auto s = std::make_shared<square>();
  c.send(s);
  EXPECT_EQ(goro::select(goro::send_case(c, s), goro::default_case()), 1U);
  EXPECT_EQ(goro::select(goro::send_case(c, s), goro::send_case(c, std::make_shared<square>()), goro::default_case()),
            2U);
  EXPECT_EQ(c.recv().value()->sides(), 4);
  EXPECT_EQ(s.use_count(), 1) << "values that were not sent are gone";
}

// What lives, counted.
struct counted {
  explicit counted(int value) : n(value) { ++alive; }
  counted(counted&& other) noexcept : n(std::exchange(other.n, -1)) { ++alive; }
  counted& operator=(counted&& other) noexcept {
    n = std::exchange(other.n, -1);
    return *this;
  }
  ~counted() { --alive; }
  int n;
  static inline std::atomic<long> alive{0};
};

TEST(chan_type, EveryValueIsDestroyedOnce) {
  pass_through<counted>(
      40, [](int i) { return counted(i); }, [](const counted& v, int i) { EXPECT_EQ(v.n, i); });
  EXPECT_EQ(counted::alive, 0);
}

// Also those that nobody received: with the last handle, whichever kind it is.
TEST(chan_type, TheBufferIsDestroyedWithTheLastHandle) {
  auto c = std::make_optional(make_chan<counted>(4));
  for (int i = 0; i < 4; ++i) {
    c->send(counted(i));
  }
  EXPECT_EQ(c->recv().value().n, 0);
  c->send(counted(4));  // wraps round
  auto copy = std::make_optional(goro::recv_chan<counted>(*c));
  c.reset();
  EXPECT_EQ(counted::alive, 4);
  EXPECT_EQ(copy->recv().value().n, 1);
  copy.reset();
  EXPECT_EQ(counted::alive, 0);
}

// Values that could not be sent, and those of senders that panicked.
TEST(chan_type, ValuesThatWereNotSentAreDestroyed) {
  sweep_processors([] {
    const auto c = make_chan<counted>(1);
    c.send(counted(1));
    EXPECT_EQ(c.try_send(counted(2)), chan_status::full);
    goro::select(goro::send_case(c, counted(3)), goro::default_case());
    EXPECT_EQ(counted::alive, 1);
    together(3, [&](int who) {
      if (who < 2) {
        EXPECT_TRUE(panics_with("send on closed channel", [&] { c.send(counted(who)); }));
      } else {
        let_others_run();
        const support::deliberate_race closing_beside_sends;
        c.close();
      }
    });
    EXPECT_EQ(c.try_send(counted(4)), chan_status::closed);
    EXPECT_EQ(counted::alive, 1);
    EXPECT_EQ(c.recv().value().n, 1);
    EXPECT_EQ(counted::alive, 0);
  });
}

// A channel that is reachable only through itself is the program's leak, as any shared_ptr's; one that is emptied is
// not.
TEST(chan_type, AChannelMayHoldItself) {
  struct node {
    chan<node> next;
    std::shared_ptr<int> witness;
  };
  const auto witness = std::make_shared<int>(0);
  {
    const auto c = make_chan<node>(1);
    c.send({c, witness});
    EXPECT_EQ(witness.use_count(), 2);
    c.recv();
  }
  EXPECT_EQ(witness.use_count(), 1);
}

// Memory that is written before a send is read after the receive: plain, watched by the race build.
template <class Send>
void answers_are_complete(Send send) {
  struct response {
    int code;
  };
  sweep_processors([&] {
    together(8, [&](int) {
      for (int i = 0; i < 50 * scale; ++i) {
        const auto c = make_chan<std::unique_ptr<response>>();
        goro::go([c, send, i] {
          auto answer = std::make_unique<response>();
          answer->code = i;
          send(c, std::move(answer));
        });
        const auto answer = c.recv().value();
        goro::yield();
        ASSERT_EQ(answer->code, i);
      }
    });
  });
}

TEST(chan_type, TestChanSendBarrier) {
  answers_are_complete([](const auto& c, auto answer) { c.send(std::move(answer)); });
}

TEST(chan_type, TestChanSendSelectBarrier) {
  answers_are_complete([](const auto& c, auto answer) {
    goro::select(goro::send_case(c, std::move(answer)), goro::recv_case(make_chan<void>()));
  });
}

}  // namespace
