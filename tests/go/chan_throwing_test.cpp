// Values whose moves throw: the exception comes out of somebody's call, and the channel is what it was, or as if the
// operation had happened; nobody waits for ever, nothing is lost but the value that threw.
#include <stdexcept>
#include <utility>

#include "chan_support.hpp"

using namespace support;

namespace {

// Its move throws when the fuse has burnt down: 0 is now, negative never.
struct fragile {
  explicit fragile(int value, int moves = -1) : n(value), fuse(moves) { ++alive; }
  fragile(fragile&& other) : n(other.n), fuse(other.fuse) {
    if (fuse == 0) {
      throw std::runtime_error("broken");
    }
    --fuse;
    other.fuse = fuse;
    ++alive;
  }
  fragile& operator=(fragile&& other) {
    if (other.fuse == 0) {
      throw std::runtime_error("broken");
    }
    n = other.n;
    fuse = other.fuse = other.fuse - 1;
    return *this;
  }
  ~fragile() { --alive; }
  int n;
  int fuse;
  static inline std::atomic<long> alive{0};
};

// Sends `v` and tells whether that threw.
bool send_throws(const chan<fragile>& c, int n, int fuse) {
  try {
    c.send(fragile(n, fuse));
    return false;
  } catch (const std::runtime_error&) {
    return true;
  }
}

// With every length of fuse: the exception comes out of the send or out of the receive, until it is long enough. Values
// around it arrive.
TEST(chan_throwing, ABufferedValue) {
  bool arrived = false;
  for (int fuse = 0; fuse < 20 && !arrived; ++fuse) {
    const auto c = make_chan<fragile>(3);
    c.send(fragile(1));
    const bool sent = !send_throws(c, 2, fuse);
    EXPECT_EQ(c.size(), sent ? 2U : 1U) << "fuse " << fuse;
    c.send(fragile(3));
    EXPECT_EQ(c.recv().value().n, 1);
    if (sent) {
      try {
        arrived = c.recv().value().n == 2;
      } catch (const std::runtime_error&) {
        // Whether the value is still there is not promised; that the next one is, is.
        const auto next = [&]() -> int {
          while (true) {
            try {
              return c.recv().value().n;
            } catch (const std::runtime_error&) {
              if (c.size() == 0) {
                return 0;
              }
            }
          }
        }();
        EXPECT_EQ(next, 3) << "fuse " << fuse;
        continue;
      }
    }
    EXPECT_EQ(c.recv().value().n, 3) << "fuse " << fuse;
    EXPECT_EQ(c.size(), 0U);
  }
  EXPECT_TRUE(arrived) << "no fuse was long enough";
  EXPECT_EQ(fragile::alive, 0);
}

// The value goes straight from one that waits to another: the exception reaches the one whose call moved it, or both
// learn of it; in no case does one of them wait for ever, and the channel works on.
template <class Send, class Receive>
void hand_over(Send send, Receive receive) {
  sweep_processors([&] {
    for (int fuse = 0; fuse < 8; ++fuse) {
      for (const bool receiver_first : {true, false}) {
        const auto c = make_chan<fragile>();
        std::atomic<int> got{0};
        together(2, [&](int who) {
          if ((who == 0) != receiver_first) {
            let_others_run();
          }
          if (who == 0) {  // receives until the good value comes
            while (got != 2) {
              try {
                got = receive(c);
              } catch (const std::runtime_error&) {
              }
            }
          } else {
            try {
              send(c, fragile(1, fuse));
            } catch (const std::runtime_error&) {
            }
            send(c, fragile(2));
          }
        });
        EXPECT_EQ(got, 2);
        EXPECT_EQ(c.size(), 0U);
      }
    }
  });
  EXPECT_EQ(fragile::alive, 0);
}

TEST(chan_throwing, HandedOverDirectly) {
  hand_over([](const chan<fragile>& c, fragile v) { c.send(std::move(v)); },
            [](const chan<fragile>& c) { return c.recv().value().n; });
}

TEST(chan_throwing, HandedOverBySelect) {
  const auto never = make_chan<int>();
  hand_over([&](const chan<fragile>& c,
                fragile v) { goro::select(goro::recv_case(never), goro::send_case(c, std::move(v))); },
            [&](const chan<fragile>& c) {
              std::optional<fragile> v;
              goro::select(goro::recv_case(c, [&](std::optional<fragile> got) { v.emplace(std::move(*got)); }),
                           goro::recv_case(never));
              return v.value().n;
            });
}

// A buffer that is full, a sender that waits behind it: a receive moves two values. The exception of one of them must
// not take the other along.
TEST(chan_throwing, ASenderBehindAFullBuffer) {
  sweep_processors([] {
    for (int fuse = 0; fuse < 8; ++fuse) {
      const auto c = make_chan<fragile>(1);
      c.send(fragile(1));
      together(2, [&](int who) {
        if (who == 1) {
          send_throws(c, 2, fuse);
          c.send(fragile(3));
          return;
        }
        let_others_run();
        int last = 0;
        bool first_seen = false;
        while (last != 3) {
          try {
            last = c.recv().value().n;
            first_seen |= last == 1;
          } catch (const std::runtime_error&) {
          }
        }
        EXPECT_TRUE(first_seen) << "fuse " << fuse;
      });
      EXPECT_EQ(c.size(), 0U);
    }
  });
  EXPECT_EQ(fragile::alive, 0);
}

// Out of try_send and try_recv as well.
TEST(chan_throwing, TryOperations) {
  const auto c = make_chan<fragile>(1);
  EXPECT_THROW((void)c.try_send(fragile(1, 0)), std::runtime_error);
  EXPECT_EQ(c.size(), 0U);
  EXPECT_EQ(c.try_send(fragile(2)), chan_status::success);
  fragile out(0);
  EXPECT_EQ(c.try_recv(out), chan_status::success);
  EXPECT_EQ(out.n, 2);
}

}  // namespace
