// Closing: what receivers and senders see, before, meanwhile and afterwards. After test/closedchan.go, the parts of
// TestChan about close, and semantics that Go's specification states.
#include <array>
#include <string>

#include "chan_support.hpp"
#include "deliberate_race.hpp"

using namespace support;

namespace {

const std::string send_text = "send on closed channel";

// closedchan.go reaches the channel in three ways.
struct directly {
  static void send(const chan<int>& c) { c.send(1); }
  static std::optional<int> recv(const chan<int>& c) { return c.recv(); }
  static bool try_recv(const chan<int>& c, std::optional<int>& out) {
    int value = 0;
    const chan_status status = c.try_recv(value);
    out = status == chan_status::success ? std::optional(value) : std::nullopt;
    return status != chan_status::empty;
  }
};

struct by_select {
  static void send(const chan<int>& c) { goro::select(goro::send_case(c, 1)); }
  static std::optional<int> recv(const chan<int>& c) {
    std::optional<int> out = 99;
    goro::select(goro::recv_case(c, out));
    return out;
  }
  static bool try_recv(const chan<int>& c, std::optional<int>& out) {
    return goro::select(goro::default_case(), goro::recv_case(c, out)) == 1;
  }
};

struct by_select_among_others {
  static inline const chan<void> other = make_chan<void>();
  static void send(const chan<int>& c) { goro::select(goro::send_case(c, 1), goro::recv_case(other)); }
  static std::optional<int> recv(const chan<int>& c) {
    std::optional<int> out = 99;
    goro::select(goro::recv_case(other), goro::recv_case(c, out));
    return out;
  }
  static bool try_recv(const chan<int>& c, std::optional<int>& out) {
    return goro::select(goro::recv_case(other), goro::default_case(), goro::recv_case(c, out)) == 2;
  }
};

template <class Way>
struct chan_closed : ::testing::Test {};
struct way_names {
  template <class Way>
  static std::string GetName(int i) {
    return std::array<const char*, 3>{"directly", "by_select", "by_select_among_others"}[static_cast<std::size_t>(i)];
  }
};
using ways = ::testing::Types<directly, by_select, by_select_among_others>;
TYPED_TEST_SUITE(chan_closed, ways, way_names);

template <class Way>
void expect_closed_and_drained(const chan<int>& c) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Way::recv(c), std::nullopt);
    std::optional<int> value = 99;
    EXPECT_TRUE(Way::try_recv(c, value)) << "a closed channel is ready";
    EXPECT_EQ(value, std::nullopt);
  }
  EXPECT_TRUE(panics_with(send_text, [&] { Way::send(c); }));
  EXPECT_EQ(Way::recv(c), std::nullopt) << "the value must be gone";
}

TYPED_TEST(chan_closed, closedchan_Unbuffered) {
  sweep_processors([] { expect_closed_and_drained<TypeParam>(closed_chan()); });
}

TYPED_TEST(chan_closed, closedchan_TheBufferIsDrainedFirst) {
  for (const bool tries : {false, true}) {
    const auto c = make_chan<int>(2);
    c.send(1);
    c.close();
    std::optional<int> value;
    if (tries) {
      EXPECT_TRUE(TypeParam::try_recv(c, value));
    } else {
      value = TypeParam::recv(c);
    }
    EXPECT_EQ(value, 1);
    expect_closed_and_drained<TypeParam>(c);
  }
}

// Go's select with default panics here as well. try_send has a status for it.
TEST(chan_close, closedchan_NonblockingSend) {
  const auto c = closed_chan(1);
  EXPECT_TRUE(panics_with(send_text, [&] { goro::select(goro::send_case(c, 1), goro::default_case()); }));
  EXPECT_EQ(c.try_send(1), chan_status::closed);
  EXPECT_EQ(c.size(), 0U);
}

TEST(chan_close, closedchan_CloseOfNilAndOfClosed) {
  EXPECT_TRUE(panics_with("close of nil channel", [] { chan<int>().close(); }));
  EXPECT_TRUE(panics_with("close of nil channel", [] { chan<void>().close(); }));
  EXPECT_TRUE(panics_with("close of nil channel", [] { goro::send_chan<int>().close(); }));
  const auto c = closed_chan();
  EXPECT_TRUE(panics_with("close of closed channel", [&] { c.close(); }));
  EXPECT_TRUE(panics_with("close of closed channel", [&] { goro::send_chan<int>(c).close(); }));
}

// A full buffer does not keep a send from panicking.
TEST(chan_close, SendToClosedAndFullPanics) {
  const auto c = full_chan(2);
  c.close();
  EXPECT_TRUE(panics_with(send_text, [&] { c.send(2); }));
  EXPECT_EQ(c.try_send(2), chan_status::closed);
  EXPECT_EQ(c.recv(), 0);
  EXPECT_EQ(c.recv(), 1);
  EXPECT_EQ(c.recv(), std::nullopt);
}

TEST(chan_close, TestChan_ReceiveFromClosed) {
  for (std::size_t capacity = 0; capacity < 20; ++capacity) {
    const auto c = full_chan(capacity);
    c.close();
    for (std::size_t i = 0; i < capacity; ++i) {
      EXPECT_EQ(c.recv(), static_cast<int>(i));
    }
    int untouched = 5;
    EXPECT_FALSE(c.recv(untouched));
    EXPECT_EQ(c.try_recv(untouched), chan_status::closed);
    EXPECT_EQ(untouched, 5);
  }
}

TEST(chan_close, TestChan_CloseUnblocksReceive) {
  sweep_processors([] {
    for (std::size_t capacity = 0; capacity < 5; ++capacity) {
      const auto c = make_chan<int>(capacity);
      together(5, [&](int i) {
        if (i == 4) {
          let_others_run();
          c.close();
        } else if (i < 2) {
          EXPECT_EQ(c.recv(), std::nullopt);
        } else {
          std::optional<int> out = 99;
          EXPECT_EQ(goro::select(goro::recv_case(chan<void>()), goro::recv_case(c, out)), 1U);
          EXPECT_EQ(out, std::nullopt);
        }
      });
    }
  });
}

// Those who were waiting to send when the channel is closed panic; what was in the buffer stays to be received.
TEST(chan_close, CloseMakesBlockedSendersPanic) {
  sweep_processors([] {
    for (std::size_t capacity = 0; capacity < 3; ++capacity) {
      const auto c = full_chan(capacity);
      together(5, [&](int i) {
        if (i == 4) {
          let_others_run();
          const support::deliberate_race expected;  // with the sends that it makes panic
          c.close();
        } else if (i < 2) {
          EXPECT_TRUE(panics_with(send_text, [&] { c.send(1000); }));
        } else {
          EXPECT_TRUE(panics_with(send_text,
                                  [&] { goro::select(goro::send_case(c, 1000), goro::recv_case(make_chan<void>())); }));
        }
      });
      EXPECT_EQ(c.size(), capacity);
      for (std::size_t i = 0; i < capacity; ++i) {
        EXPECT_EQ(c.recv(), static_cast<int>(i));
      }
      EXPECT_EQ(c.recv(), std::nullopt);
    }
  });
}

// What happened before close() is seen by those whom the close woke: plain memory, watched by the race build.
TEST(chan_close, CloseHappensBeforeTheReceiveItEnds) {
  sweep_processors([] {
    for (int i = 0; i < 20 * scale; ++i) {
      const auto c = make_chan<void>();
      int written = 0;
      together(3, [&](int who) {
        if (who == 0) {
          written = 1;
          c.close();
        } else {
          EXPECT_FALSE(c.recv());
          EXPECT_EQ(written, 1);
        }
      });
    }
  });
}

// Each value that a send has delivered is received, however the close falls in between; the others' senders panic.
TEST(chan_close, CloseAmongSendersAndReceiversLosesNothing) {
  sweep_processors([] {
    for (int round = 0; round < 20 * scale; ++round) {
      const auto c = make_chan<int>(static_cast<std::size_t>(round % 3));
      std::atomic<long> sent{0};
      std::atomic<long> received{0};
      std::atomic<int> panics{0};
      together(7, [&](int i) {
        if (i == 6) {
          for (int k = 0; k < round % 7; ++k) {
            goro::yield();
          }
          const support::deliberate_race expected;  // with the sends
          c.close();
        } else if (i < 3) {
          for (int k = 1; k <= 100; ++k) {
            try {
              c.send(k);
            } catch (const goro::panic_error&) {
              ++panics;
              return;
            }
            sent += k;
          }
        } else {
          for (const int v : c) {
            received += v;
          }
        }
      });
      EXPECT_EQ(sent, received);
      EXPECT_EQ(c.recv(), std::nullopt);
    }
  });
}

// Of many who close at once, one succeeds and the others are told.
TEST(chan_close, OneOfManyCloses) {
  sweep_processors([] {
    for (int round = 0; round < 10 * scale; ++round) {
      const auto c = make_chan<int>();
      std::atomic<int> closed{0};
      together(4, [&](int) {
        try {
          const support::deliberate_race expected;
          c.close();
          ++closed;
        } catch (const goro::panic_error& e) {
          EXPECT_STREQ(e.what(), "close of closed channel");
        }
      });
      EXPECT_EQ(closed, 1);
    }
  });
}

TEST(chan_close, VoidChannels) {
  const auto c = make_chan<void>(1);
  EXPECT_EQ(c.try_recv(), chan_status::empty);
  EXPECT_EQ(c.try_send(), chan_status::success);
  EXPECT_EQ(c.try_send(), chan_status::full);
  c.close();
  EXPECT_EQ(c.try_send(), chan_status::closed);
  EXPECT_EQ(c.try_recv(), chan_status::success);
  EXPECT_EQ(c.try_recv(), chan_status::closed);
  EXPECT_FALSE(c.recv());
  EXPECT_TRUE(panics_with(send_text, [&] { c.send(); }));
}

}  // namespace
