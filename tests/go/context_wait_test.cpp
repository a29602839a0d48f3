// Waits that end with a context: mutex, semaphore, channels by select. Go has it for channels and semaphores.
#include <memory>
#include <mutex>

#include "context_support.hpp"
#include "goro/mutex.hpp"
#include "goro/semaphore.hpp"

using namespace support;
using goro::errc;

namespace {

TEST(context_wait, AFreeMutexIsLocked) {
  goro::mutex m;
  const auto [ctx, cancel] = goro::with_cancel(goro::background());
  EXPECT_TRUE(m.lock(ctx));
  EXPECT_FALSE(m.try_lock());
  m.unlock();
  EXPECT_TRUE(m.lock(goro::background()));
  m.unlock();
  cancel();
  EXPECT_FALSE(m.lock(ctx)) << "an ended context gets nothing, free or not";
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}

// From goroutines and from a thread.
TEST(context_wait, ALockEndsWithItsContext) {
  sweep_processors([] {
    goro::mutex m;
    m.lock();
    const auto [ctx, cancel] = goro::with_cancel(goro::background());
    std::atomic<int> waiting{0};
    std::atomic<int> refused{0};
    together(5, [&, ctx = ctx, cancel = cancel](int who) {
      if (who == 4) {
        EXPECT_TRUE(eventually([&] { return waiting == 4; }));
        cancel();
        return;
      }
      ++waiting;
      EXPECT_FALSE(m.lock(ctx));
      EXPECT_EQ(ctx.err(), errc::canceled) << "the end happens before the return";
      ++refused;
    });
    EXPECT_EQ(refused, 4);
    m.unlock();
    EXPECT_TRUE(m.try_lock()) << "nobody was left in the queue";
    m.unlock();
  });
}

TEST(context_wait, ALockEndsAtADeadline) {
  goro::mutex m;
  m.lock();
  const auto [ctx, cancel] = goro::with_timeout(goro::background(), 2ms);
  EXPECT_FALSE(m.lock(ctx));
  EXPECT_EQ(ctx.err(), errc::deadline_exceeded);
  m.unlock();
}

// What a waiter that gives up leaves behind: the others get the lock as if it had never been there, also by handover in
// starvation mode.
TEST(context_wait, CancelledWaitersDoNotLoseTheLock) {
  sweep_processors([] {
    goro::mutex m;
    int counter = 0;
    std::atomic<int> got{0};
    together(8, [&](int who) {
      for (int i = 0; i < 60 * scale; ++i) {
        if (who < 3) {
          m.lock();
        } else {
          const auto [ctx, cancel] = goro::with_timeout(goro::background(), std::chrono::microseconds(i % 60));
          if (!m.lock(ctx)) {
            continue;
          }
        }
        ++counter;
        ++got;
        if (i % 8 == 0) {
          goro::sleep(20us);
        }
        m.unlock();
      }
    });
    EXPECT_EQ(counter, got);
    EXPECT_TRUE(m.try_lock());
    m.unlock();
  });
}

TEST(context_wait, ASemaphoreEndsWithItsContext) {
  sweep_processors([] {
    goro::semaphore s(2);
    s.acquire(2);
    const auto [ctx, cancel] = goro::with_cancel(goro::background());
    std::atomic<int> waiting{0};
    together(5, [&, ctx = ctx, cancel = cancel](int who) {
      if (who == 4) {
        EXPECT_TRUE(eventually([&] { return waiting == 4; }));
        cancel();
        return;
      }
      ++waiting;
      EXPECT_FALSE(s.acquire(ctx, 1 + who));  // also more than there are
    });
    s.release(2);
    EXPECT_FALSE(s.acquire(ctx)) << "an ended context gets nothing, free or not";
    EXPECT_TRUE(s.acquire(goro::background(), 2));
  });
}

// Units given back while their waiter is cancelled stay in the semaphore.
TEST(context_wait, CancelledWaitersDoNotLoseUnits) {
  sweep_processors([] {
    constexpr int units = 5;
    goro::semaphore s(units);
    std::atomic<int> used{0};
    together(8, [&](int who) {
      for (int i = 0; i < 60 * scale; ++i) {
        const int n = 1 + (who + i) % units;
        if (who < 3) {
          s.acquire(n);
        } else {
          const auto [ctx, cancel] = goro::with_cancel(goro::background());
          goro::go([cancel = cancel] { cancel(); });
          if (!s.acquire(ctx, n)) {
            continue;
          }
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

// select takes the end of a context as one case among others.
TEST(context_wait, ASelectEndsWithItsContext) {
  sweep_processors([] {
    const auto [ctx, cancel] = goro::with_cancel(goro::background());
    const auto values = goro::make_chan<int>();
    together(4, [&, ctx = ctx, cancel = cancel](int who) {
      if (who == 0) {
        values.send(1);
        cancel();
        return;
      }
      for (bool ended = false; !ended;) {
        goro::select(goro::recv_case(values, [](std::optional<int> v) { EXPECT_EQ(v, 1); }),
                     goro::recv_case(ctx.done(), [&ended](bool ok) {
                       EXPECT_FALSE(ok);
                       ended = true;
                     }));
      }
      EXPECT_EQ(ctx.err(), errc::canceled);
    });
  });
}

// One context for all kinds of waits at once.
TEST(context_wait, OneEndForAllWaits) {
  sweep_processors([] {
    for (int round = 0; round < 10 * scale; ++round) {
      const auto [ctx, cancel] = goro::with_cancel(goro::background());
      goro::mutex m;
      m.lock();
      goro::semaphore s(0);
      together(9, [&, ctx = ctx, cancel = cancel](int who) {
        if (who == 8) {
          cancel();
        } else if (who % 4 == 0) {
          EXPECT_FALSE(m.lock(ctx));
        } else if (who % 4 == 1) {
          EXPECT_FALSE(s.acquire(ctx));
        } else if (who % 4 == 2) {
          EXPECT_FALSE(goro::sleep(ctx, very_long));
        } else {
          EXPECT_EQ(goro::select(goro::recv_case(goro::background().done()), goro::recv_case(ctx.done())), 1U);
        }
        EXPECT_EQ(ctx.err(), errc::canceled);
      });
    }
  });
}

// Whoever is refused may free the mutex at once, if it is the last to use it. Sanitizers watch.
TEST(context_wait, TheMutexMayBeDestroyedAfterARefusal) {
  sweep_processors([] {
    for (int i = 0; i < 50 * scale; ++i) {
      auto m = std::make_unique<goro::mutex>();
      m->lock();
      const auto [ctx, cancel] = goro::with_cancel(goro::background());
      together(2, [&, ctx = ctx, cancel = cancel](int who) {
        if (who == 0) {
          EXPECT_FALSE(m->lock(ctx));
          m.reset();
        } else {
          cancel();
        }
      });
    }
  });
}

}  // namespace
