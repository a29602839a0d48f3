#include "goro/chan.hpp"

#include <array>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

#include "support.hpp"

namespace goro {
namespace {

using namespace chan_test;

TEST(Chan, AHandleIsOneWord) {
  EXPECT_EQ(sizeof(chan<int>), sizeof(void*));
  EXPECT_EQ(sizeof(recv_chan<std::string>), sizeof(void*));
  EXPECT_FALSE(chan<int>());
  EXPECT_EQ(chan<int>(), recv_chan<int>());
}

TEST(Chan, HandlesShareTheChannel) {
  const auto a = make_chan<int>(1);
  const chan<int> b = a;
  const send_chan<int> s = a;
  const recv_chan<int> r = b;
  EXPECT_TRUE(a == b && s == r && s == a);
  EXPECT_NE(a, make_chan<int>(1));
  s.send(3);
  EXPECT_EQ(r.size(), 1U);
  EXPECT_EQ(r.recv(), 3);
}

TEST(Chan, AMovedFromHandleIsNil) {
  auto a = make_chan<int>();
  const chan<int> b = std::move(a);
  EXPECT_FALSE(a);  // NOLINT(bugprone-use-after-move)
  EXPECT_TRUE(b);
}

TEST(Chan, BufferIsFirstInFirstOutAndWraps) {
  const auto ch = make_chan<int>(3);
  int next_in = 0;
  int next_out = 0;
  for (int round = 0; round < 20; ++round) {
    while (ch.try_send(next_in) == chan_status::success) {
      ++next_in;
    }
    EXPECT_EQ(ch.size(), 3U);
    for (int i = 0; i < 1 + round % 3; ++i) {
      EXPECT_EQ(ch.recv(), next_out++);
    }
  }
}

TEST(Chan, TryTellsWhatTheChannelIs) {
  const auto ch = make_chan<int>(1);
  int out = 7;
  EXPECT_EQ(ch.try_recv(out), chan_status::empty);
  EXPECT_EQ(ch.try_send(1), chan_status::success);
  EXPECT_EQ(ch.try_send(2), chan_status::full);
  ch.close();
  EXPECT_EQ(ch.try_send(3), chan_status::closed);
  EXPECT_EQ(ch.try_recv(out), chan_status::success);
  EXPECT_EQ(out, 1);
  EXPECT_EQ(ch.try_recv(out), chan_status::closed);
  const chan<int> nil;
  EXPECT_EQ(nil.try_send(1), chan_status::full);
  EXPECT_EQ(nil.try_recv(out), chan_status::empty);
}

TEST(Chan, MisusePanicsWithGosTexts) {
  const auto ch = make_chan<int>(1);
  ch.close();
  EXPECT_EQ(panic_of([&] { ch.send(1); }), "send on closed channel");
  EXPECT_EQ(panic_of([&] { ch.close(); }), "close of closed channel");
  EXPECT_EQ(panic_of([] { chan<int>().close(); }), "close of nil channel");
  EXPECT_EQ(panic_of([] { make_chan<int>(static_cast<std::size_t>(-1)); }), "makechan: size out of range");
  EXPECT_EQ(panic_of([] { make_chan<char>(std::size_t{1} << 59); }), "makechan: size out of range");
  EXPECT_EQ(panic_of([] { make_chan<void>(static_cast<std::size_t>(-5)); }), "makechan: size out of range");
  EXPECT_EQ(make_chan<void>(std::size_t{1} << 40).capacity(), std::size_t{1} << 40);
}

TEST(Chan, AWaitingReceiverGetsTheValueDirectly) {
  sweep([] {
    const auto ch = make_chan<int>(2);
    const auto out = make_chan<int>(2);
    go([=] { out.send(*ch.recv()); });
    ASSERT_TRUE(eventually([&] { return has_receivers(ch); }));
    ch.send(5);
    EXPECT_EQ(ch.size(), 0U);
    EXPECT_EQ(out.recv(), 5);
    EXPECT_FALSE(has_receivers(ch));
  });
}

TEST(Chan, ASendersValueFollowsWhatIsInTheBuffer) {
  sweep([] {
    const auto ch = make_chan<int>(2);
    ch.send(0);
    ch.send(1);
    go([=] { ch.send(2); });
    ASSERT_TRUE(eventually([&] { return has_senders(ch); }));
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(ch.recv(), i);
    }
  });
}

TEST(Chan, WaitersAreServedInOrder) {
  sweep([] {
    constexpr int many = 20;
    const auto ch = make_chan<int>();
    const auto order = make_chan<std::pair<int, int>>(many);
    for (int i = 0; i < many; ++i) {
      go([=] { order.send({i, *ch.recv()}); });
      ASSERT_TRUE(eventually([&] { return queued(ch) == static_cast<std::size_t>(i + 1); }));
    }
    for (int i = 0; i < many; ++i) {
      ch.send(i);
    }
    for (int i = 0; i < many; ++i) {
      const auto got = *order.recv();
      EXPECT_EQ(got.first, got.second);
    }
  });
}

TEST(Chan, CloseEndsEveryWait) {
  sweep([] {
    const auto ch = make_chan<int>();
    const auto ended = make_chan<bool>(20);
    for (int i = 0; i < 10; ++i) {
      go([=] { ended.send(!ch.recv().has_value()); });
    }
    ASSERT_TRUE(eventually([&] { return queued(ch) == 10; }));
    ch.close();
    const auto full = make_chan<int>(1);
    full.send(1);
    for (int i = 0; i < 10; ++i) {
      go([=] { ended.send(panic_of([&] { full.send(2); }) == "send on closed channel"); });
    }
    ASSERT_TRUE(eventually([&] { return queued(full) == 10; }));
    full.close();
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(ended.recv(), true);
    }
    EXPECT_EQ(full.recv(), 1);
    EXPECT_EQ(full.recv(), std::nullopt);
  });
}

TEST(Chan, ThreadsAndGoroutinesMeet) {
  sweep([] {
    const auto ch = make_chan<int>();
    const auto back = make_chan<int>();
    std::thread other([=] {
      for (int i = 0; i < 100; ++i) {
        ch.send(i);
        EXPECT_EQ(back.recv(), i);
      }
      ch.close();
    });
    int expected = 0;
    for (const int v : ch) {
      EXPECT_EQ(v, expected++);
      back.send(v);
    }
    EXPECT_EQ(expected, 100);
    blocking([&] { other.join(); });
  });
}

TEST(Chan, RangeTakesNoMoreThanAskedFor) {
  const auto ch = make_chan<int>(5);
  for (int i = 0; i < 5; ++i) {
    ch.send(i);
  }
  int sum = 0;
  for (std::counted_iterator three(ch.begin(), 3); three != std::default_sentinel; ++three) {
    sum += *three;
  }
  EXPECT_EQ(sum, 3);
  EXPECT_EQ(ch.size(), 2U);
  ch.close();
  int left = 0;
  for (const int v : ch) {
    left += v;
  }
  EXPECT_EQ(left, 3 + 4);
}

// A goroutine that does nothing but succeed must let others run, on the only processor.
TEST(Chan, OperationsThatNeverBlockArePreempted) {
  const int before = gomaxprocs(1);
  run([] {
    const auto ch = make_chan<int>(1);
    std::atomic<bool> ran{false};
    go([&] { ran = true; });
    int out = 0;
    while (!ran) {
      ch.send(1);
      ASSERT_EQ(ch.try_recv(out), chan_status::success);
    }
    go([&] { ran = false; });
    while (ran) {
      ASSERT_EQ(ch.try_recv(out), chan_status::empty);
    }
    go([&] { ran = true; });
    while (!ran) {
      select(recv_case(ch), default_case());
    }
  });
  gomaxprocs(before);
}

// The woken one may end the channel although the one that woke it has not returned.
TEST(Chan, MayEndAsSoonAsItsLastOperationIsVisible) {
  sweep([] {
    for (int i = 0; i < 200; ++i) {
      auto ch = std::make_unique<chan<int>>(make_chan<int>(i % 2));
      go([&raw = *ch] { raw.send(1); });
      ASSERT_EQ(ch->recv(), 1);
      ch.reset();
    }
  });
}

// Kinds of values -----------------------------------------------------------------------------------------------------

// Counts its living objects.
template <std::size_t Size, bool MoveThrows>
struct counted {
  static inline std::atomic<int> alive{0};
  static inline std::atomic<bool> throwing{false};
  std::array<char, Size> bytes{};

  explicit counted(char c) { bytes.fill(c), ++alive; }
  counted(counted&& other) noexcept(!MoveThrows) : bytes(other.bytes) {
    if constexpr (MoveThrows) {
      if (throwing) {
        throw std::runtime_error("move");
      }
    }
    ++alive;
  }
  counted& operator=(counted&&) = default;
  ~counted() { --alive; }
};

template <class T>
class ChanOf : public testing::Test {};
using value_kinds = testing::Types<counted<1, false>, counted<24, false>, counted<256, false>, counted<257, false>,
                                   counted<20'000, false>, counted<1, true>, counted<4096, true>>;
TYPED_TEST_SUITE(ChanOf, value_kinds);

TYPED_TEST(ChanOf, EveryValueEndsOnce) {
  sweep([] {
    for (const std::size_t capacity : {0, 1, 3}) {
      const auto ch = make_chan<TypeParam>(capacity);
      go([=] {
        for (char c = 0; c < 20; ++c) {
          ch.send(TypeParam(c));
        }
        ch.close();
      });
      char expected = 0;
      for (auto& value : ch) {
        EXPECT_EQ(value.bytes.back(), expected++);
      }
      EXPECT_EQ(expected, 20);
    }
    const auto left = make_chan<TypeParam>(2);
    left.send(TypeParam('a'));
    left.send(TypeParam('b'));
    EXPECT_EQ(left.try_send(TypeParam('c')), chan_status::full);
    left.close();
    EXPECT_EQ(left.try_send(TypeParam('c')), chan_status::closed);
    EXPECT_EQ(panic_of([&] { left.send(TypeParam('d')); }), "send on closed channel");
  });
  EXPECT_EQ(TypeParam::alive, 0);
}

TEST(ChanValues, AThrowingMoveLeavesTheChannelUsable) {
  using value = counted<8, true>;
  {
    const auto ch = make_chan<value>(2);
    ch.send(value('a'));
    value::throwing = true;
    EXPECT_THROW(ch.send(value('b')), std::runtime_error);
    EXPECT_EQ(ch.size(), 1U);
    EXPECT_THROW((void)ch.recv(), std::runtime_error);  // the value is lost, as it was received
    value::throwing = false;
    EXPECT_EQ(ch.size(), 0U);
    ch.send(value('c'));
    EXPECT_EQ(ch.recv()->bytes[0], 'c');
  }
  EXPECT_EQ(value::alive, 0);
}

TEST(ChanValues, MoveOnly) {
  const auto ch = make_chan<std::unique_ptr<int>>(1);
  auto p = std::make_unique<int>(3);
  int* raw = p.get();
  ch.send(std::move(p));
  std::unique_ptr<int> q;
  EXPECT_TRUE(ch.recv(q));
  EXPECT_EQ(q.get(), raw);
}

struct alignas(256) over_aligned {
  int value = 0;
};

TEST(ChanValues, OverAligned) {
  sweep([] {
    const auto ch = make_chan<over_aligned>(2);
    for (int i = 0; i < 4; ++i) {
      ch.send({i});
      auto v = ch.recv();
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&*v) % 256, 0U);
      EXPECT_EQ(v->value, i);
    }
    go([=] { ch.send({9}); });
    EXPECT_EQ(ch.recv()->value, 9);
  });
}

struct nothing {};

TEST(ChanValues, EmptyTypesTakeNoRoom) {
  const auto ch = make_chan<nothing>(std::size_t{1} << 45);
  ch.send({});
  ch.send({});
  EXPECT_EQ(ch.size(), 2U);
  EXPECT_TRUE(ch.recv().has_value());
  nothing out;
  EXPECT_TRUE(ch.recv(out));
}

TEST(ChanValues, ChannelsOfChannelsAndOfThemselves) {
  struct request {
    int x = 0;
    chan<request> answer;
  };
  sweep([] {
    const auto ch = make_chan<request>();
    go([=] {
      auto r = *ch.recv();
      r.answer.send({r.x * 2, {}});
    });
    const auto answer = make_chan<request>(1);
    ch.send({21, answer});
    EXPECT_EQ(answer.recv()->x, 42);
  });
}

TEST(ChanVoid, SignalsAndCloses) {
  sweep([] {
    for (const std::size_t capacity : {0, 2}) {
      const auto ch = make_chan<void>(capacity);
      go([=] {
        ch.send();
        ch.send();
        ch.close();
      });
      EXPECT_TRUE(ch.recv());
      EXPECT_TRUE(ch.recv());
      EXPECT_FALSE(ch.recv());
      EXPECT_EQ(ch.try_recv(), chan_status::closed);
      EXPECT_EQ(ch.try_send(), chan_status::closed);
      EXPECT_EQ(panic_of([&] { ch.send(); }), "send on closed channel");
    }
  });
}

// In which order goroutines have ended. Locked all the same: one that is taken for a hog runs beside the next.
class ends {
 public:
  void add(std::size_t who) {
    const std::lock_guard hold(mutex_);
    order_ += static_cast<char>('a' + who);
  }
  std::string order() {
    const std::lock_guard hold(mutex_);
    return order_;
  }

 private:
  std::mutex mutex_;
  std::string order_;
};

// Who waits at a channel, each queued before the next, all with one processor: then they run in the order in which they
// are made ready.
template <class Wait>
void expect_close_in_order(Wait wait) {
  const int before = gomaxprocs(1);
  run([&] {
    constexpr std::size_t waiting = 6;
    const auto ch = make_chan<int>();
    const auto other = make_chan<int>();
    ends ended;
    for (std::size_t i = 0; i < waiting; ++i) {
      go([&, i] {
        wait(i, ch, other);
        ended.add(i);
      });
      ASSERT_TRUE(eventually([&] { return queued(ch) == i + 1; }));
    }
    ch.close();
    ASSERT_TRUE(eventually([&] { return ended.order().size() == waiting; }));
    EXPECT_EQ(ended.order(), "abcdef");
    EXPECT_EQ(queued(other), 0U);
  });
  gomaxprocs(before);
}

TEST(Chan, CloseMakesReceiversReadyInTheirOrder) {
  for (const std::size_t select_every : {1U, 2U, 3U, 100U}) {
    SCOPED_TRACE(select_every);
    expect_close_in_order([select_every](std::size_t i, const chan<int>& ch, const chan<int>& other) {
      std::optional<int> got = 0;
      if ((i + 1) % select_every == 0) {
        EXPECT_EQ(select(recv_case(other, got), recv_case(ch, got)), 1U);
      } else {
        got = ch.recv();
      }
      EXPECT_EQ(got, std::nullopt);
    });
  }
}

TEST(Chan, CloseMakesSendersReadyInTheirOrder) {
  for (const std::size_t select_every : {1U, 2U, 3U, 100U}) {
    SCOPED_TRACE(select_every);
    expect_close_in_order([select_every](std::size_t i, const chan<int>& ch, const chan<int>& other) {
      EXPECT_EQ(panic_of([&] {
                  if ((i + 1) % select_every == 0) {
                    select(recv_case(other), send_case(ch, 1));
                  } else {
                    ch.send(1);
                  }
                }),
                "send on closed channel");
    });
  }
}

// What a select has left behind, whose call is over, is passed by.
TEST(Chan, ClosePassesBySelectsThatAreOver) {
  const int before = gomaxprocs(1);
  run([] {
    const auto ch = make_chan<int>();
    const auto other = make_chan<int>();
    ends ended;
    const auto plain = [&](std::size_t who) {
      go([&, who] {
        EXPECT_EQ(ch.recv(), std::nullopt);
        ended.add(who);
      });
    };
    plain(0);
    ASSERT_TRUE(eventually([&] { return queued(ch) == 1; }));
    go([&] {
      EXPECT_EQ(select(recv_case(ch), recv_case(other)), 1U);
      ended.add(1);
    });
    ASSERT_TRUE(eventually([&] { return queued(ch) == 2; }));
    plain(2);
    ASSERT_TRUE(eventually([&] { return queued(ch) == 3; }));
    other.send(1);  // its select is ready, and has not run yet
    EXPECT_EQ(queued(ch), 3U);
    ch.close();
    EXPECT_EQ(queued(ch), 0U);
    ASSERT_TRUE(eventually([&] { return ended.order().size() == 3; }));
    const std::string order = ended.order();
    EXPECT_LT(order.find('a'), order.find('c')) << order;
  });
  gomaxprocs(before);
}

}  // namespace
}  // namespace goro
