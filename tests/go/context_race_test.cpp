// Ends that come from many sides at once. Names in capitals are those of Go's context/x_test.go.
#include <algorithm>
#include <random>

#include "context_support.hpp"

using namespace support;
using goro::errc;

namespace {

struct tree {
  std::vector<goro::cancelable> nodes;

  // Each node has four children, until there are `size`.
  explicit tree(std::size_t size) {
    nodes.push_back(goro::with_cancel(goro::background()));
    for (std::size_t parent = 0; nodes.size() < size; ++parent) {
      for (int i = 0; i < 4; ++i) {
        nodes.push_back(goro::with_cancel(goro::context(nodes[parent].ctx)));
      }
    }
  }
};

TEST(context_race, TestSimultaneousCancels) {
  sweep_processors([] {
    for (int round = 0; round < 3 * scale; ++round) {
      tree t(100);
      std::shuffle(t.nodes.begin(), t.nodes.end(), std::mt19937(static_cast<unsigned>(round)));
      std::atomic<std::size_t> returned{0};
      for (const goro::cancelable& node : t.nodes) {
        goro::go([cancel = node.cancel, ctx = node.ctx, &returned] {
          cancel();
          EXPECT_EQ(ctx.err(), errc::canceled);
          ++returned;
        });
      }
      for (const goro::cancelable& node : t.nodes) {
        EXPECT_FALSE(node.ctx.done().recv());
      }
      EXPECT_TRUE(eventually([&] { return returned == t.nodes.size(); }));
    }
  });
}

// When a cancel function returns everything below has ended, also when another goroutine called it first.
TEST(context_race, EveryCancelReturnsWhenTheTreeHasEnded) {
  sweep_processors([] {
    for (int round = 0; round < 10 * scale; ++round) {
      const tree t(200);
      together(4, [&](int who) {
        const std::size_t from = who == 3 ? 1 : 0;  // one cancels a branch
        t.nodes[from].cancel();
        EXPECT_TRUE(t.nodes[5].ctx.err()) << "a child of both";
        if (from == 0) {
          for (const goro::cancelable& node : t.nodes) {
            EXPECT_EQ(node.ctx.err(), errc::canceled);
            EXPECT_TRUE(is_done(node.ctx));
          }
        }
      });
    }
  });
}

TEST(context_race, TestInterlockedCancels) {
  sweep_processors([] {
    for (int i = 0; i < 50 * scale; ++i) {
      const auto [parent, cancel_parent] = goro::with_cancel(goro::background());
      const auto [child, cancel_child] = goro::with_cancel(parent);
      goro::go([done = parent.done(), cancel = cancel_child] {
        done.recv();
        cancel();
      });
      cancel_parent();
      EXPECT_FALSE(child.done().recv());
    }
  });
}

struct layer_key {
  using type = int;
};

// A chain of contexts of all kinds, at random.
struct layers {
  goro::context ctx;
  std::vector<goro::cancel_func> cancels;
  int values = 0;

  layers(unsigned seed, std::chrono::nanoseconds timeout) {
    std::mt19937 random(seed);
    for (int i = 0; i < 30 || cancels.empty() || values == 0; ++i) {
      switch (random() % 3) {
        case 0:
          ctx = goro::with_value<layer_key>(ctx, ++values);
          break;
        case 1:
          add(goro::with_cancel(ctx));
          break;
        default:
          add(goro::with_timeout(ctx, timeout));
      }
    }
    add(goro::with_timeout(ctx, timeout));
  }

  void add(goro::cancelable made) {
    ctx = made.ctx;
    cancels.push_back(made.cancel);
  }
};

TEST(context_race, TestLayersCancel) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    const layers l(seed, very_long);
    expect_live(l.ctx);
    EXPECT_EQ(to_string(l.ctx).rfind("background.", 0), 0U);
    l.cancels[seed % l.cancels.size()]();
    expect_ended(l.ctx, errc::canceled);
    EXPECT_EQ(*l.ctx.value<layer_key>(), l.values);
  }
}

TEST(context_race, TestLayersTimeout) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    const layers l(seed, 1ms);
    EXPECT_EQ(*l.ctx.value<layer_key>(), l.values);
    EXPECT_FALSE(l.ctx.done().recv());
    expect_ended(l.ctx, errc::deadline_exceeded);
  }
}

// err() is set: then done() is closed. done() is closed: then err() is set.
TEST(context_race, TestContextErrDoneRace) {
  sweep_processors([] {
    for (int i = 0; i < 50 * scale; ++i) {
      const auto [ctx, cancel] = goro::with_cancel(goro::background());
      const goro::recv_chan<void> done = ctx.done();
      together(3, [&, ctx = ctx, cancel = cancel](int who) {
        if (who == 0) {
          cancel();
        } else if (who == 1) {
          EXPECT_TRUE(eventually([&] { return static_cast<bool>(ctx.err()); }));
          EXPECT_EQ(done.try_recv(), goro::chan_status::closed);
        } else {
          EXPECT_FALSE(done.recv());
          EXPECT_TRUE(ctx.err());
        }
      });
    }
  });
}

// done() is made at the first call: also when that comes at the moment of the end, everybody gets a channel that
// closes.
TEST(context_race, DoneIsAskedForWhileTheContextEnds) {
  sweep_processors([] {
    for (int i = 0; i < 50 * scale; ++i) {
      const auto [ctx, cancel] = goro::with_cancel(goro::background());
      together(4, [ctx = ctx, cancel = cancel](int who) {
        if (who == 0) {
          cancel();
        } else {
          EXPECT_FALSE(ctx.done().recv());
          EXPECT_EQ(ctx.err(), errc::canceled);
        }
      });
    }
  });
}

// Children come and go while the parent ends; each of them ends.
TEST(context_race, ChildrenAreMadeWhileTheParentEnds) {
  sweep_processors([] {
    for (int round = 0; round < 20 * scale; ++round) {
      const auto [parent, cancel] = goro::with_cancel(goro::background());
      together(5, [parent = parent, cancel = cancel](int who) {
        if (who == 0) {
          goro::yield();
          cancel();
          return;
        }
        while (!parent.err()) {
          const auto [child, cancel_child] = goro::with_cancel(parent);
          const auto [timed, cancel_timed] = goro::with_timeout(child, 20us);
          if (who % 2 == 0) {
            EXPECT_FALSE(timed.done().recv());
          }
        }
        EXPECT_EQ(goro::with_cancel(parent).ctx.err(), errc::canceled);
      });
    }
  });
}

// The deadline and the cancel function at the same time: one wins, and the context keeps its answer.
TEST(context_race, DeadlineAndCancelAtTheSameTime) {
  sweep_processors([] {
    for (int i = 0; i < 25 * scale; ++i) {
      const auto [ctx, cancel] = goro::with_timeout(goro::background(), 50us);
      if (i % 2 == 0) {
        goro::sleep(40us);
      } else {
        goro::yield();
      }
      cancel();
      const std::error_code err = ctx.err();
      EXPECT_TRUE(err == errc::canceled || err == errc::deadline_exceeded);
      goro::sleep(20us);
      EXPECT_EQ(ctx.err(), err);
    }
  });
}

// Many children cost no goroutine.
TEST(context_race, AHundredThousandChildrenCostNoGoroutine) {
  constexpr int n = GORO_WITH_TSAN || GORO_WITH_ASAN ? 10'000 : 100'000;
  const auto [parent, cancel] = goro::with_cancel(goro::background());
  std::vector<goro::cancelable> children;
  for (int i = 0; i < n; ++i) {
    children.push_back(i % 2 == 0 ? goro::with_cancel(parent) : goro::with_timeout(parent, very_long));
  }
  EXPECT_EQ(goro::num_goroutine(), 0U);
  cancel();
  EXPECT_EQ(goro::num_goroutine(), 0U);
  for (const goro::cancelable& child : children) {
    EXPECT_EQ(child.ctx.err(), errc::canceled);
  }
}

}  // namespace
