// Behaviour of goro::semaphore. Names in capitals are those of Go's x/sync/semaphore/semaphore_test.go and, for the
// unweighted hammer, sync/mutex_test.go.
#include "goro/semaphore.hpp"

#include <memory>

#include "context_support.hpp"

using namespace support;

namespace {

// A unit is free, and yet nobody may take it: somebody waits in front.
bool somebody_waits(goro::semaphore& s) {
  return eventually([&] {
    const bool taken = s.try_acquire(0);
    return !taken;
  });
}

// As a lock.
TEST(sync_semaphore, TestSemaphore) {
  sweep_processors([] {
    goro::semaphore s(1);
    int counter = 0;
    together(10, [&](int) {
      for (int i = 0; i < 100 * scale; ++i) {
        s.acquire();
        ++counter;
        s.release();
      }
    });
    EXPECT_EQ(counter, 10 * 100 * scale);
  });
}

TEST(sync_semaphore, TestWeighted) {
  sweep_processors([] {
    constexpr int units = 4;
    goro::semaphore s(units);
    std::atomic<int> used{0};
    together(units + 1, [&](int i) {
      const int n = i % units + 1;
      for (int k = 0; k < 100 * scale; ++k) {
        s.acquire(n);
        EXPECT_LE(used += n, units);
        used -= n;
        s.release(n);
      }
    });
    EXPECT_TRUE(s.try_acquire(units));
  });
}

TEST(sync_semaphore, TestWeightedPanic) {
  goro::semaphore s(1);
  EXPECT_TRUE(panics_with("semaphore: released more than held", [&] { s.release(1); }));
  EXPECT_TRUE(s.try_acquire(1));  // unharmed
}

TEST(sync_semaphore, OverReleasePanicsAlsoWhileSomebodyWaits) {
  goro::semaphore s(2);
  s.acquire(1);
  together(2, [&](int i) {
    if (i == 0) {
      s.acquire(2);
      s.release(2);
    } else {
      ASSERT_TRUE(somebody_waits(s));
      EXPECT_TRUE(panics_with("semaphore: released more than held", [&] { s.release(2); }));
      s.release(1);
    }
  });
  EXPECT_TRUE(s.try_acquire(2));
}

TEST(sync_semaphore, TestWeightedTryAcquire) {
  goro::semaphore s(2);
  EXPECT_TRUE(s.try_acquire(1));
  EXPECT_TRUE(s.try_acquire(1));
  EXPECT_FALSE(s.try_acquire(1));
  s.release(2);
  EXPECT_TRUE(s.try_acquire(1));
  EXPECT_FALSE(s.try_acquire(2));
}

// n units before ctx ends, which is soon.
bool acquires_soon(goro::semaphore& s, std::ptrdiff_t n) {
  const auto [ctx, cancel] = goro::with_timeout(goro::background(), 1ms);
  const bool acquired = s.acquire(ctx, n);
  EXPECT_TRUE(acquired || ctx.err() == goro::errc::deadline_exceeded);
  return acquired;
}

TEST(sync_semaphore, TestWeightedAcquire) {
  goro::semaphore s(2);
  EXPECT_TRUE(s.acquire(goro::background(), 1));
  s.acquire(1);
  EXPECT_FALSE(acquires_soon(s, 1));
  s.release(2);
  EXPECT_TRUE(s.acquire(goro::background(), 1));
  EXPECT_FALSE(acquires_soon(s, 2));
  const auto [ctx, cancel] = goro::with_timeout(goro::background(), very_long);
  EXPECT_TRUE(s.acquire(ctx, 1));
}

TEST(sync_semaphore, TestWeightedNegativeSizePanic) {
  EXPECT_TRUE(panics_with("semaphore: size out of range", [] { goro::semaphore negative(-1); }));
}

TEST(sync_semaphore, TestWeightedZeroSize) {
  goro::semaphore s(0);
  EXPECT_TRUE(s.try_acquire(0));
  EXPECT_FALSE(s.try_acquire(1));
  EXPECT_FALSE(acquires_soon(s, 1));
  s.release(0);
}

TEST(sync_semaphore, TestWeightedNegativeWeightPanic) {
  goro::semaphore s(1);
  const auto negative = [](auto f) { return panics_with("semaphore: negative weight", f); };
  EXPECT_TRUE(negative([&] { s.acquire(-1); }));
  EXPECT_TRUE(negative([&] { s.acquire(goro::background(), -1); }));
  EXPECT_TRUE(negative([&] { s.acquire(goro::with_timeout(goro::background(), very_long).ctx, -1); }));
  EXPECT_TRUE(negative([&] { s.try_acquire(-1); }));
  EXPECT_TRUE(negative([&] { s.release(-1); }));
}

TEST(sync_semaphore, TimedAcquire) {
  goro::semaphore s(2);
  s.acquire(1);
  EXPECT_FALSE(s.try_acquire_for(1ms, 2));
  EXPECT_FALSE(s.try_acquire_until(goro::time_point::min(), 2));
  EXPECT_TRUE(s.try_acquire_for(1h, 1));
}

// More units than there are: waits until the context ends, and is in nobody's way.
TEST(sync_semaphore, TestWeightedDoesntBlockIfTooBig) {
  goro::semaphore s(2);
  const auto [ctx, cancel] = goro::with_cancel(goro::background());
  std::atomic<int> others{0};
  together(3, [&, ctx = ctx, cancel = cancel](int i) {
    if (i == 0) {
      EXPECT_FALSE(s.acquire(ctx, 3));
      return;
    }
    for (int k = 0; k < 100; ++k) {
      EXPECT_TRUE(s.acquire(ctx, 2));
      s.release(2);
    }
    if (++others == 2) {
      cancel();
    }
  });
  EXPECT_FALSE(s.try_acquire_for(1ms, 3));
}

TEST(sync_semaphore, TestLargeAcquireDoesntStarve) {
  sweep_processors([] {
    constexpr int units = 4;
    goro::semaphore s(units);
    std::atomic<bool> stop{false};
    together(units + 1, [&](int i) {
      if (i == units) {
        s.acquire(units);
        stop = true;
        s.release(units);
        return;
      }
      while (!stop) {
        s.acquire(1);
        goro::yield();
        s.release(1);
      }
    });
  });
}

// A large request that is cancelled lets those go on that it held up.
TEST(sync_semaphore, TestAllocCancelDoesntStarve) {
  sweep_processors([] {
    goro::semaphore s(10);
    s.acquire(1);
    const auto [ctx, cancel] = goro::with_cancel(goro::background());
    together(3, [&, ctx = ctx, cancel = cancel](int i) {
      if (i == 0) {
        EXPECT_FALSE(s.acquire(ctx, 10));
      } else if (i == 1) {
        EXPECT_TRUE(s.acquire(goro::background(), 5));  // before, behind or after the large one
        s.release(5);
      } else {
        EXPECT_TRUE(somebody_waits(s));
        goro::yield();
        cancel();
      }
    });
    s.release(1);
  });
}

// Who is cancelled has taken nothing, and an ended context gets nothing, not even what is free.
TEST(sync_semaphore, TestWeightedAcquireCanceled) {
  goro::semaphore s(2);
  s.acquire(1);
  const auto [ctx, cancel] = goro::with_cancel(goro::background());
  std::latch refused(1);
  goro::go([&s, &refused, ctx = ctx] {
    EXPECT_FALSE(s.acquire(ctx, 2));
    refused.count_down();
  });
  ASSERT_TRUE(somebody_waits(s));
  cancel();
  s.release(1);
  refused.wait();
  EXPECT_FALSE(s.acquire(ctx, 1));
  EXPECT_TRUE(s.try_acquire(2));
  s.release(2);
  EXPECT_TRUE(s.try_acquire_until(goro::time_point::min(), 2)) << "unlike a deadline that is over";
}

TEST(sync_semaphore, NobodyPassesTheQueue) {
  goro::semaphore s(3);
  s.acquire(2);
  together(2, [&](int i) {
    if (i == 0) {
      s.acquire(2);
      s.release(2);
    } else {
      ASSERT_TRUE(somebody_waits(s));
      EXPECT_FALSE(s.try_acquire(1)) << "one unit is free, but somebody was here before";
      EXPECT_FALSE(s.try_acquire_for(1ms, 1));
      s.release(2);
    }
  });
}

TEST(sync_semaphore, TimeoutsAndReleasesDoNotLoseUnits) {
  sweep_processors([] {
    constexpr int units = 5;
    goro::semaphore s(units);
    std::atomic<int> used{0};
    together(8, [&](int who) {
      for (int i = 0; i < 80 * scale; ++i) {
        const int n = 1 + (who + i) % units;
        if (who < 3) {
          s.acquire(n);
        } else if (!s.try_acquire_for(std::chrono::microseconds(i % 40), n)) {
          continue;
        }
        EXPECT_LE(used += n, units);
        if (i % 8 == 0) {
          goro::sleep(10us);
        }
        used -= n;
        s.release(n);
      }
    });
    EXPECT_TRUE(s.try_acquire(units));
  });
}

// Sanitizers watch.
TEST(sync_semaphore, MayBeDestroyedByTheNextOwner) {
  sweep_processors([] {
    for (int i = 0; i < 100 * scale; ++i) {
      auto* s = new goro::semaphore(1);
      s->acquire();
      together(2, [s](int who) {
        if (who == 0) {
          s->release();
        } else {
          s->acquire();
          delete s;
        }
      });
    }
  });
}

}  // namespace
