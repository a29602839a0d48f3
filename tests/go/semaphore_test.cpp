// Behaviour of goro::semaphore. Names in capitals are those of Go's x/sync/semaphore/semaphore_test.go and, for the
// unweighted hammer, sync/mutex_test.go.
#include "goro/semaphore.hpp"

#include <memory>

#include "support.hpp"

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
  EXPECT_TRUE(panics_with("semaphore: negative weight", [&] { s.release(-1); }));
  EXPECT_TRUE(panics_with("semaphore: negative weight", [&] { s.acquire(-1); }));
  EXPECT_TRUE(panics_with("semaphore: size out of range", [] { goro::semaphore negative(-1); }));
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

TEST(sync_semaphore, TestWeightedAcquire) {
  goro::semaphore s(2);
  s.acquire(1);
  s.acquire(1);
  EXPECT_FALSE(s.try_acquire_for(1ms, 1));
  s.release(2);
  s.acquire(1);
  EXPECT_FALSE(s.try_acquire_for(1ms, 2));
  EXPECT_FALSE(s.try_acquire_until(goro::time_point::min(), 2));
  EXPECT_TRUE(s.try_acquire_for(1h, 1));
}

// More units than there are: waits, and is in nobody's way.
TEST(sync_semaphore, TestWeightedDoesntBlockIfTooBig) {
  goro::semaphore s(2);
  std::atomic<bool> stop{false};
  together(2, [&](int i) {
    if (i == 0) {
      EXPECT_FALSE(s.try_acquire_for(5ms, 3));
      stop = true;
    } else {
      while (!stop) {
        s.acquire(2);
        s.release(2);
      }
    }
  });
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

// A large request that gives up lets those go on that it held up.
TEST(sync_semaphore, TestAllocCancelDoesntStarve) {
  sweep_processors([] {
    goro::semaphore s(10);
    s.acquire(1);
    together(2, [&](int i) {
      if (i == 0) {
        EXPECT_FALSE(s.try_acquire_for(3ms, 10));
      } else {
        s.acquire(5);  // before, behind or after the large one
        s.release(5);
      }
    });
    s.release(1);
  });
}

// A request that timed out has taken nothing.
TEST(sync_semaphore, TestWeightedAcquireCanceled) {
  goro::semaphore s(2);
  s.acquire(1);
  EXPECT_FALSE(s.try_acquire_for(1ms, 2));
  EXPECT_TRUE(s.try_acquire(1));
  s.release(2);
  EXPECT_TRUE(s.try_acquire_until(goro::time_point::min(), 2)) << "free units are taken although the time is over";
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
