// Behaviour of goro::shared_mutex. Names in capitals are those of Go's sync/rwmutex_test.go.
#include "goro/shared_mutex.hpp"

#include <memory>
#include <mutex>
#include <shared_mutex>

#include "support.hpp"

using namespace support;

namespace {

// n readers hold the lock at the same time.
TEST(sync_shared_mutex, TestParallelReaders) {
  sweep_processors([] {
    for (const int n : {1, 3, 4}) {
      goro::shared_mutex m;
      std::atomic<int> inside{0};
      together(n, [&](int) {
        const std::shared_lock hold(m);
        ++inside;
        EXPECT_TRUE(eventually([&] { return inside == n; }));
      });
    }
  });
}

void hammer(int readers, int iterations) {
  goro::shared_mutex m;
  std::atomic<int> activity{0};  // readers count 1, writers 10000
  together(readers + 2, [&](int who) {
    for (int i = 0; i < iterations; ++i) {
      if (who < 2) {
        m.lock();
        EXPECT_EQ(activity += 10000, 10000);
        for (int k = 0; k < 100; ++k) {
          asm volatile("");
        }
        activity -= 10000;
        m.unlock();
      } else {
        m.lock_shared();
        const int now = ++activity;
        EXPECT_TRUE(now >= 1 && now < 10000) << now;
        for (int k = 0; k < 100; ++k) {
          asm volatile("");
        }
        --activity;
        m.unlock_shared();
      }
    }
  });
}

TEST(sync_shared_mutex, TestRWMutex) {
  goro::shared_mutex m;
  m.lock();
  EXPECT_FALSE(m.try_lock());
  EXPECT_FALSE(m.try_lock_shared());
  m.unlock();
  EXPECT_TRUE(m.try_lock());
  m.unlock();
  EXPECT_TRUE(m.try_lock_shared());
  EXPECT_TRUE(m.try_lock_shared());
  EXPECT_FALSE(m.try_lock());
  m.unlock_shared();
  m.unlock_shared();
  sweep_processors([] {
    for (const int readers : {1, 3, 10}) {
      hammer(readers, 100 * scale);
    }
  });
}

// Go's RLocker is std::shared_lock.
TEST(sync_shared_mutex, TestRLocker) {
  goro::shared_mutex m;
  std::shared_lock a(m);
  std::shared_lock b(m, std::try_to_lock);
  EXPECT_TRUE(b.owns_lock());
  EXPECT_FALSE(m.try_lock());
  a.unlock();
  b.unlock();
  const std::unique_lock w(m, std::try_to_lock);
  EXPECT_TRUE(w.owns_lock());
  EXPECT_FALSE(std::shared_lock(m, 1ms).owns_lock());
}

TEST(sync_shared_mutex, APendingWriterHoldsUpNewReaders) {
  sweep_processors([] {
    goro::shared_mutex m;
    m.lock_shared();
    std::atomic<bool> wrote{false};
    together(2, [&](int i) {
      if (i == 0) {
        const std::lock_guard hold(m);
        wrote = true;
      } else {
        EXPECT_TRUE(eventually([&] {
          const bool entered = m.try_lock_shared();
          if (entered) {
            m.unlock_shared();
          }
          return !entered;
        }));
        EXPECT_FALSE(wrote);
        m.unlock_shared();
      }
    });
    EXPECT_TRUE(wrote);
  });
}

// Readers that came during a write go before the next writer. On one processor who has been seen to start is waiting
// after a few yields.
TEST(sync_shared_mutex, UnlockLetsWaitingReadersGoFirst) {
  const int before = goro::gomaxprocs(1);
  const auto controller = [](int) {
    goro::shared_mutex m;
    std::atomic<int> started{0};
    std::atomic<int> readers_inside{0};
    std::atomic<int> seen_by_writer{-1};
    std::atomic<int> ended{0};
    const auto let_wait = [&](int n) {
      while (started != n) {
        goro::yield();
      }
      for (int i = 0; i < 100; ++i) {
        goro::yield();
      }
    };
    m.lock();
    goro::go([&] {
      ++started;
      m.lock();
      seen_by_writer = readers_inside.load();
      m.unlock();
      ++ended;
    });
    let_wait(1);
    for (int i = 0; i < 3; ++i) {
      goro::go([&] {
        ++started;
        m.lock_shared();
        ++readers_inside;
        m.unlock_shared();
        ++ended;
      });
    }
    let_wait(4);
    m.unlock();
    while (ended != 4) {
      goro::yield();
    }
    EXPECT_EQ(seen_by_writer, 3);
  };
  for (int round = 0; round < 20; ++round) {
    together(1, controller, callers::goroutines);
  }
  goro::gomaxprocs(before);
}

TEST(sync_shared_mutex_timed, FailsWhenTheTimeIsOver) {
  goro::shared_mutex m;
  m.lock_shared();
  together(2, [&](int) {
    EXPECT_FALSE(m.try_lock_for(2ms));
    EXPECT_FALSE(m.try_lock_for(0s));
    EXPECT_FALSE(m.try_lock_until(goro::time_point::min()));
    EXPECT_TRUE(eventually([&] { return m.try_lock_shared_for(1ms); }));
    m.unlock_shared();
  });
  m.unlock_shared();
  m.lock();
  together(2, [&](int) {
    EXPECT_FALSE(m.try_lock_for(1ms));
    EXPECT_FALSE(m.try_lock_shared_for(1ms));
    EXPECT_FALSE(m.try_lock_shared_until(goro::time_point::min()));
  });
  m.unlock();
  EXPECT_TRUE(m.try_lock_for(1h));
  m.unlock();
  EXPECT_TRUE(m.try_lock_shared_for(1h));
  m.unlock_shared();
}

// A writer that gives up lets the readers in that it has held up.
TEST(sync_shared_mutex_timed, AWriterThatGivesUpLetsReadersIn) {
  sweep_processors([] {
    for (int round = 0; round < 3 * scale; ++round) {
      goro::shared_mutex m;
      m.lock_shared();
      together(5, [&](int i) {
        if (i == 0) {
          EXPECT_FALSE(m.try_lock_for(2ms));
        } else {
          m.lock_shared();  // before, during or after the writer's wait
          m.unlock_shared();
        }
      });
      m.unlock_shared();
      EXPECT_TRUE(m.try_lock());
      m.unlock();
    }
  });
}

TEST(sync_shared_mutex_timed, TimeoutsAndUnlocksDoNotLoseTheLock) {
  sweep_processors([] {
    goro::shared_mutex m;
    std::atomic<int> readers{0};
    int value = 0;
    std::atomic<int> writes{0};
    together(10, [&](int who) {
      for (int n = 0; n < 60 * scale; ++n) {
        const auto a_moment = std::chrono::microseconds(n % 40);
        if (who < 2 ? (m.lock(), true) : who < 5 && m.try_lock_for(a_moment)) {
          EXPECT_EQ(readers, 0);
          ++value;
          ++writes;
          if (n % 8 == 0) {
            goro::sleep(20us);
          }
          m.unlock();
        } else if (who < 8 ? (m.lock_shared(), true) : m.try_lock_shared_for(a_moment)) {
          ++readers;
          goro::yield();
          --readers;
          m.unlock_shared();
        }
      }
    });
    EXPECT_EQ(value, writes);
    EXPECT_TRUE(m.try_lock());
    m.unlock();
  });
}

TEST(sync_shared_mutex, MayBeDestroyedByTheNextOwner) {
  sweep_processors([] {
    struct shared {
      goro::shared_mutex m;
      std::atomic<int> users{4};
    };
    for (int round = 0; round < 100 * scale; ++round) {
      auto* s = new shared;
      together(4, [s](int i) {
        bool last = false;
        if (i < 2) {
          s->m.lock();
          last = --s->users == 0;
          s->m.unlock();
        } else {
          s->m.lock_shared();
          last = --s->users == 0;
          s->m.unlock_shared();
        }
        if (last) {
          s->m.lock();  // the other readers have left when this succeeds
          s->m.unlock();
          delete s;
        }
      });
    }
  });
}

class sync_shared_mutex_fatal : public fatal {};

TEST_F(sync_shared_mutex_fatal, TestMutexMisuse) {
  const auto status = ::testing::ExitedWithCode(2);
  const char* unlock_text = "fatal error: sync: unlock of unlocked shared_mutex";
  const char* unlock_shared_text = "fatal error: sync: unlock_shared of unlocked shared_mutex";
  goro::shared_mutex m;
  EXPECT_EXIT(m.unlock(), status, unlock_text);
  EXPECT_EXIT((m.lock_shared(), m.unlock()), status, unlock_text);
  EXPECT_EXIT((m.lock(), m.unlock(), m.unlock()), status, unlock_text);
  EXPECT_EXIT(m.unlock_shared(), status, unlock_shared_text);
  EXPECT_EXIT((m.lock(), m.unlock_shared()), status, unlock_shared_text);
  EXPECT_EXIT((m.lock_shared(), m.unlock_shared(), m.unlock_shared()), status, unlock_shared_text);
}

}  // namespace
