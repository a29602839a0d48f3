// Behaviour of goro::mutex. Names in capitals are those of Go's sync/mutex_test.go.
#include "goro/mutex.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "goro/recursive_mutex.hpp"
#include "support.hpp"

using namespace support;

namespace {

TEST(sync_mutex, TestMutex) {
  sweep_processors([] {
    goro::mutex m;
    m.lock();
    EXPECT_FALSE(m.try_lock());
    m.unlock();
    EXPECT_TRUE(m.try_lock());
    m.unlock();

    int counter = 0;
    together(10, [&](int) {
      for (int i = 0; i < 300 * scale; ++i) {
        if (i % 3 == 0 && m.try_lock()) {
          ++counter;
          m.unlock();
          continue;
        }
        const std::lock_guard hold(m);
        ++counter;
      }
    });
    EXPECT_EQ(counter, 10 * 300 * scale);
  });
}

// A goroutine that takes the lock again and again, for longer than starvation mode tolerates, does not keep another one
// out.
TEST(sync_mutex, TestMutexFairness) {
  sweep_processors([] {
    goro::mutex m;
    std::atomic<bool> stop{false};
    together(
        2,
        [&](int i) {
          if (i == 0) {
            while (!stop) {
              const std::lock_guard hold(m);
              goro::sleep(100us);
            }
            return;
          }
          for (int n = 0; n < 10; ++n) {
            goro::sleep(100us);
            const std::lock_guard hold(m);
          }
          stop = true;
        },
        callers::goroutines);
  });
}

// In starvation mode try_lock fails and each unlock hands over, until a waiter comes that has not waited for long.
TEST(sync_mutex, StarvationHandsOverAndEnds) {
  sweep_processors([] {
    goro::mutex m;
    std::atomic<int> left{4};
    together(5, [&](int i) {
      if (i == 0) {
        while (left > 0) {
          const std::lock_guard hold(m);
          goro::sleep(2ms);  // everybody who waits starves
        }
      } else {
        const std::lock_guard hold(m);
        --left;
      }
    });
    EXPECT_TRUE(m.try_lock());  // normal mode again
    m.unlock();
  });
}

TEST(sync_mutex, BelongsToNobody) {
  goro::mutex m;
  m.lock();
  together(2, [&](int i) {
    if (i == 0) {
      m.unlock();
    } else {
      m.lock();
    }
  });
  EXPECT_FALSE(m.try_lock());
  m.unlock();
}

TEST(sync_mutex, WorksWithTheStandardLocks) {
  goro::mutex a;
  goro::mutex b;
  {
    const std::scoped_lock both(a, b);
    EXPECT_FALSE(a.try_lock());
    EXPECT_FALSE(b.try_lock());
  }
  std::unique_lock lock(a, 1ms);
  EXPECT_TRUE(lock.owns_lock());
  EXPECT_FALSE(std::unique_lock(a, 1ms).owns_lock());
  lock.unlock();
  EXPECT_TRUE(std::unique_lock(a, std::chrono::system_clock::now() + 1h).owns_lock());
}

TEST(sync_mutex, IsReleasedByAnExceptionThatPassesAGuard) {
  goro::mutex m;
  together(4, [&](int) {
    for (int i = 0; i < 100; ++i) {
      try {
        const std::lock_guard hold(m);
        goro::yield();
        throw std::runtime_error("inside");
      } catch (const std::runtime_error&) {
      }
    }
  });
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}

TEST(sync_mutex, GoexitReleasesAGuard) {
  goro::mutex m;
  std::atomic<bool> was_held{false};
  goro::go([&] {
    const std::lock_guard hold(m);
    was_held = true;
    goro::goexit();
  });
  EXPECT_TRUE(eventually([&] { return was_held && m.try_lock(); }));
  m.unlock();
}

// Whoever gets the lock may destroy the mutex while the unlock() that let it go has not returned (sanitizers watch).
TEST(sync_mutex, MayBeDestroyedByTheNextOwner) {
  sweep_processors([] {
    struct shared {
      goro::mutex m;
      int users = 3;
    };
    for (int round = 0; round < 100 * scale; ++round) {
      auto* s = new shared;
      together(3, [s](int) {
        s->m.lock();
        const bool last = --s->users == 0;
        s->m.unlock();
        if (last) {
          delete s;
        }
      });
    }
  });
}

TEST(sync_mutex_timed, FailsWhenTheTimeIsOver) {
  goro::mutex m;
  m.lock();
  together(2, [&](int) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(m.try_lock_for(2ms));
    EXPECT_GE(std::chrono::steady_clock::now() - start, 2ms);
    EXPECT_FALSE(m.try_lock_for(0s));
    EXPECT_FALSE(m.try_lock_for(-1h));
    EXPECT_FALSE(m.try_lock_until(goro::time_point::min()));
  });
  m.unlock();
  EXPECT_TRUE(m.try_lock_for(0s));  // one try
  m.unlock();
}

TEST(sync_mutex_timed, GetsALockThatIsReleasedInTime) {
  goro::mutex m;
  m.lock();
  std::atomic<int> got{0};
  together(3, [&](int i) {
    if (i == 2) {
      m.unlock();
    } else if (m.try_lock_for(std::chrono::hours::max())) {
      ++got;
      m.unlock();
    }
  });
  EXPECT_EQ(got, 2);
}

// Waiters that give up and waiters that are woken at the same moment: no lock is lost and no wakeup is lost.
TEST(sync_mutex_timed, TimeoutsAndUnlocksDoNotLoseTheLock) {
  sweep_processors([] {
    goro::mutex m;
    int counter = 0;
    std::atomic<int> successes{0};
    together(8, [&](int i) {
      for (int n = 0; n < 100 * scale; ++n) {
        if (i < 4) {
          const std::lock_guard hold(m);
          ++counter;
          ++successes;
          if (n % 16 == 0) {
            goro::sleep(30us);
          }
        } else if (m.try_lock_for(std::chrono::microseconds(n % 50))) {
          ++counter;
          ++successes;
          m.unlock();
        }
      }
    });
    EXPECT_EQ(counter, successes);
    EXPECT_TRUE(m.try_lock());
    m.unlock();
  });
}

class sync_mutex_fatal : public fatal {};

TEST_F(sync_mutex_fatal, TestMutexMisuse) {
  goro::mutex m;
  EXPECT_EXIT(m.unlock(), ::testing::ExitedWithCode(2), "fatal error: sync: unlock of unlocked mutex");
  EXPECT_EXIT(
      {
        m.lock();
        m.unlock();
        m.unlock();
      },
      ::testing::ExitedWithCode(2), "fatal error: sync: unlock of unlocked mutex");
}

// Whichever comes second, and however close: the lock was not held any more.
TEST_F(sync_mutex_fatal, TwoThatUnlockAtOnceAreNoticed) {
  for (int round = 0; round < 20; ++round) {
    EXPECT_EXIT(
        {
          goro::mutex m;
          m.lock();
          std::atomic<int> ready{0};
          const auto unlock = [&] {
            ++ready;
            while (ready != 2) {
            }
            m.unlock();
          };
          std::thread other(unlock);
          unlock();
          other.join();
          m.lock();
        },
        ::testing::ExitedWithCode(2), "fatal error: sync: unlock of unlocked mutex");
  }
}

TEST(sync_recursive_mutex, IsTakenAgainByItsOwnerOnly) {
  goro::recursive_mutex m;
  m.lock();
  EXPECT_TRUE(m.try_lock());
  EXPECT_TRUE(m.try_lock_for(1ms));
  together(2, [&](int) {
    EXPECT_FALSE(m.try_lock());
    EXPECT_FALSE(m.try_lock_for(1ms));
  });
  m.unlock();
  m.unlock();
  together(1, [&](int) { EXPECT_FALSE(m.try_lock()); });
  m.unlock();
  together(1, [&](int) {
    EXPECT_TRUE(m.try_lock());
    m.unlock();
  });
}

// The owner is the goroutine, wherever it runs.
TEST(sync_recursive_mutex, ExcludesOthersAcrossThreads) {
  sweep_processors([] {
    goro::recursive_mutex m;
    int counter = 0;
    together(6, [&](int) {
      for (int i = 0; i < 50 * scale; ++i) {
        const std::lock_guard outer(m);
        goro::yield();
        const std::lock_guard inner(m);
        ++counter;
      }
    });
    EXPECT_EQ(counter, 6 * 50 * scale);
  });
}

TEST_F(sync_mutex_fatal, RecursiveMutexMisuse) {
  goro::recursive_mutex m;
  EXPECT_EXIT(m.unlock(), ::testing::ExitedWithCode(2), "fatal error: sync: unlock of unlocked recursive_mutex");
  EXPECT_EXIT(
      {
        m.lock();
        together(
            1, [&](int) { m.unlock(); }, callers::threads);
      },
      ::testing::ExitedWithCode(2), "fatal error: sync: unlock of recursive_mutex by one who does not own it");
}

}  // namespace
