// Senders, receivers and selects of eight cases in six arrangements, after Go's ken/chan.go. On every channel 76
// numbers go by, in order, while everybody yields as often as chance wants.
#include <array>

#include "chan_support.hpp"

using namespace support;

namespace {

constexpr int messages = 76;

// A channel, and how far its two sides are; each is used by one caller only.
struct lane {
  chan<int> c;
  int sent = 0;
  int received = 0;

  void check_received(std::optional<int> v) {
    EXPECT_EQ(v, received);
    ++received;
  }
};

class walk {
 public:
  explicit walk(unsigned seed) : state_(seed * 2654435761U + 1) {}
  void yields(unsigned most) {
    state_ = state_ * 1664525U + 1013904223U;
    for (unsigned n = (state_ >> 16) % most; n > 0; --n) {
      goro::yield();
    }
  }

 private:
  unsigned state_;
};

void send_all(lane& l, walk way) {
  while (l.sent < messages) {
    way.yields(10);
    l.c.send(l.sent++);
  }
}

void receive_all(lane& l, walk way) {
  while (l.received < messages) {
    way.yields(10);
    l.check_received(l.c.recv());
  }
}

using four_lanes = std::array<lane*, 4>;
constexpr four_lanes none{};

// Receives all from four lanes and sends all to four others, in one select. A lane that is done, or is not there, is
// nil.
void select_all(const four_lanes& in, const four_lanes& out, walk way) {
  std::array<chan<int>, 4> from;
  std::array<chan<int>, 4> to;
  int open = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    from[i] = in[i] != nullptr ? in[i]->c : chan<int>();
    to[i] = out[i] != nullptr ? out[i]->c : chan<int>();
    open += (from[i] ? 1 : 0) + (to[i] ? 1 : 0);
  }
  const auto next = [&](std::size_t i) { return out[i] != nullptr ? out[i]->sent : 0; };
  const auto taken = [&](std::size_t i) {
    return [&, i](std::optional<int> v) {
      in[i]->check_received(v);
      if (in[i]->received == messages) {
        from[i] = {};
        --open;
      }
    };
  };
  const auto given = [&](std::size_t i) {
    return [&, i] {
      if (++out[i]->sent == messages) {
        to[i] = {};
        --open;
      }
    };
  };
  while (open > 0) {
    way.yields(5);
    goro::select(goro::recv_case(from[0], taken(0)), goro::recv_case(from[1], taken(1)),
                 goro::recv_case(from[2], taken(2)), goro::recv_case(from[3], taken(3)),
                 goro::send_case(to[0], next(0), given(0)), goro::send_case(to[1], next(1), given(1)),
                 goro::send_case(to[2], next(2), given(2)), goro::send_case(to[3], next(3), given(3)));
  }
}

// The lanes of one arrangement, and callers that do f(i) each.
template <class F>
void arrange(int lanes, int callers_at_once, F f) {
  sweep_processors([&] {
    for (const std::size_t capacity : {0, 1, 10, 100}) {
      std::vector<lane> all(static_cast<std::size_t>(lanes));
      for (lane& l : all) {
        l.c = make_chan<int>(capacity);
      }
      const auto four = [&all](std::size_t first) {
        return four_lanes{&all[first], &all[first + 1], &all[first + 2], &all[first + 3]};
      };
      together(callers_at_once,
               [&](int i) { f(static_cast<std::size_t>(i), all, four, walk(static_cast<unsigned>(i))); });
      for (const lane& l : all) {
        EXPECT_EQ(l.sent, messages);
        EXPECT_EQ(l.received, messages);
      }
    }
  });
}

TEST(chan_ken, chan_test1_SendersAndReceivers) {
  arrange(4, 8, [](std::size_t i, auto& all, auto&, walk way) {
    i < 4 ? send_all(all[i], way) : receive_all(all[i - 4], way);
  });
}

TEST(chan_ken, chan_test2_ASelectReceives) {
  arrange(4, 5, [](std::size_t i, auto& all, auto& four, walk way) {
    i < 4 ? send_all(all[i], way) : select_all(four(0), none, way);
  });
}

TEST(chan_ken, chan_test3_ASelectSends) {
  arrange(4, 5, [](std::size_t i, auto& all, auto& four, walk way) {
    i < 4 ? receive_all(all[i], way) : select_all(none, four(0), way);
  });
}

TEST(chan_ken, chan_test4_TwoSelects) {
  arrange(4, 2, [](std::size_t i, auto&, auto& four, walk way) {
    i == 0 ? select_all(none, four(0), way) : select_all(four(0), none, way);
  });
}

TEST(chan_ken, chan_test5_TwoSelectsBothWays) {
  arrange(8, 2, [](std::size_t i, auto&, auto& four, walk way) {
    i == 0 ? select_all(four(4), four(0), way) : select_all(four(0), four(4), way);
  });
}

TEST(chan_ken, chan_test6_SelectsBetweenSendersAndReceivers) {
  arrange(12, 10, [](std::size_t i, auto& all, auto& four, walk way) {
    if (i < 4) {
      send_all(all[4 + i], way);
    } else if (i < 8) {
      receive_all(all[4 + i], way);
    } else if (i == 8) {
      select_all(four(4), four(0), way);
    } else {
      select_all(four(0), four(8), way);
    }
  });
}

}  // namespace
