// Behaviour of goro::condition_variable. Names in capitals are those of Go's sync/cond_test.go.
#include "goro/condition_variable.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>

#include "support.hpp"

using namespace support;

namespace {

struct watched {
  goro::mutex m;
  goro::condition_variable changed;
};

TEST(sync_cond, TestCondSignal) {
  sweep_processors([] {
    watched w;
    constexpr int n = 3;
    std::atomic<int> running{0};
    std::atomic<int> awake{0};
    for (int i = 0; i < n; ++i) {
      goro::go([&] {
        std::unique_lock lock(w.m);
        ++running;
        w.changed.wait(lock);
        ++awake;
        lock.unlock();
        ++running;
      });
    }
    ASSERT_TRUE(eventually([&] { return running == n; }));
    for (int i = 0; i < n; ++i) {
      EXPECT_EQ(awake, i) << "somebody woke up by himself";
      {
        const std::lock_guard lock(w.m);
        w.changed.notify_one();
      }
      ASSERT_TRUE(eventually([&] { return awake == i + 1; }));
    }
    w.changed.notify_one();  // nobody waits: no effect
    ASSERT_TRUE(eventually([&] { return running == 2 * n; }));
  });
}

// Waiters are notified in the order in which they came.
TEST(sync_cond, TestCondSignalGenerations) {
  sweep_processors([] {
    watched w;
    constexpr int n = 20 * scale;
    std::atomic<int> running{-1};
    std::atomic<int> awake{-1};
    for (int i = 0; i < n; ++i) {
      goro::go([&, i] {
        {
          std::unique_lock lock(w.m);
          running = i;
          w.changed.wait(lock);
        }
        awake = i;
      });
      if (i > 0) {
        ASSERT_TRUE(eventually([&] { return awake == i - 1; }));
      }
      ASSERT_TRUE(eventually([&] { return running == i; }));
      const std::lock_guard lock(w.m);
      w.changed.notify_one();
    }
    ASSERT_TRUE(eventually([&] { return awake == n - 1; }));
  });
}

TEST(sync_cond, WaitersAreNotifiedFirstInFirstOut) {
  watched w;
  constexpr int n = 6;
  std::vector<int> order;
  std::atomic<int> waiting{0};
  std::atomic<int> ended{0};
  for (int i = 0; i < n; ++i) {
    const auto wait = [&, i] {
      std::unique_lock lock(w.m);
      ++waiting;
      w.changed.wait(lock);
      order.push_back(i);
      lock.unlock();
      ++ended;
    };
    if (i % 2 == 0) {
      goro::go(wait);
    } else {
      std::thread(wait).detach();
    }
    ASSERT_TRUE(eventually([&] { return waiting == i + 1; }));
  }
  for (int i = 0; i < n; ++i) {
    {
      const std::lock_guard after_the_wait_began(w.m);
    }
    w.changed.notify_one();
    ASSERT_TRUE(eventually([&] { return ended == i + 1; }));
  }
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5}));
}

TEST(sync_cond, TestCondBroadcast) {
  sweep_processors([] {
    watched w;
    constexpr int n = 20;
    constexpr int rounds = 20 * scale;
    int generation = 0;
    int waiting = 0;
    together(n + 1, [&](int who) {
      for (int round = 1; round <= rounds; ++round) {
        std::unique_lock lock(w.m);
        if (who == 0) {
          while (waiting != n) {
            lock.unlock();
            goro::yield();
            lock.lock();
          }
          waiting = 0;
          generation = round;
          w.changed.notify_all();
        } else {
          ++waiting;
          w.changed.wait(lock);  // once each: no spurious wakeups
          EXPECT_EQ(generation, round);
        }
      }
    });
  });
}

TEST(sync_cond, TestRace) {
  sweep_processors([] {
    watched w;
    int x = 0;
    together(3, [&](int who) {
      std::unique_lock lock(w.m);
      if (who == 0) {
        x = 1;
        w.changed.wait(lock);
        EXPECT_EQ(x, 2);
        x = 3;
        w.changed.notify_one();
        return;
      }
      for (;;) {
        if (who == 1 && x == 1) {
          x = 2;
          w.changed.notify_one();
          return;
        }
        if (who == 2 && x == 2) {
          w.changed.wait(lock);
          EXPECT_EQ(x, 3);
          return;
        }
        if (who == 2 && x == 3) {
          return;
        }
        lock.unlock();
        goro::yield();
        lock.lock();
      }
    });
  });
}

// A newcomer cannot take the notification that belongs to one who waited when it was sent.
TEST(sync_cond, TestCondSignalStealing) {
  sweep_processors([] {
    for (int i = 0; i < 25 * scale; ++i) {
      watched w;
      std::atomic<bool> waits{false};
      std::atomic<bool> notified{false};
      bool done = false;
      std::atomic<int> ended{0};
      goro::go([&] {
        {
          std::unique_lock lock(w.m);
          waits = true;
          w.changed.wait(lock);
        }
        notified = true;
        ++ended;
      });
      ASSERT_TRUE(eventually([&] { return waits.load(); }));
      { const std::lock_guard after_the_wait_began(w.m); }
      goro::go([&] {
        w.changed.notify_all();
        ++ended;
      });
      goro::go([&] {
        {
          std::unique_lock lock(w.m);
          w.changed.wait(lock, [&] { return done; });
        }
        ++ended;
      });
      ASSERT_TRUE(eventually([&] { return notified.load(); }));
      {
        const std::lock_guard lock(w.m);
        done = true;
        w.changed.notify_all();
      }
      ASSERT_TRUE(eventually([&] { return ended == 3; }));
    }
  });
}

TEST(sync_cond, TestCondCopy) {
  static_assert(!std::is_copy_constructible_v<goro::condition_variable>);
  static_assert(!std::is_move_constructible_v<goro::condition_variable>);
}

TEST(sync_cond_timed, ReportsTheTimeout) {
  watched w;
  together(2, [&](int) {
    std::unique_lock lock(w.m);
    EXPECT_EQ(w.changed.wait_for(lock, 2ms), std::cv_status::timeout);
    EXPECT_TRUE(lock.owns_lock());
    EXPECT_EQ(w.changed.wait_until(lock, goro::time_point::min()), std::cv_status::timeout);
    EXPECT_FALSE(w.changed.wait_for(lock, 1ms, [] { return false; }));
    EXPECT_TRUE(w.changed.wait_for(lock, -1ms, [] { return true; }));
  });
}

TEST(sync_cond_timed, IsNotifiedInTime) {
  sweep_processors([] {
    watched w;
    bool ready = false;
    together(5, [&](int i) {
      if (i == 0) {
        const std::lock_guard lock(w.m);
        ready = true;
        w.changed.notify_all();
      } else {
        std::unique_lock lock(w.m);
        EXPECT_TRUE(w.changed.wait_for(lock, 1h, [&] { return ready; }));
      }
    });
  });
}

// A notification goes to one who still waits: not to one whose time is over.
TEST(sync_cond_timed, ATimeoutDoesNotSwallowANotification) {
  sweep_processors([] {
    watched w;
    int tokens = 0;
    int taken = 0;
    constexpr int n = 50 * scale;
    together(6, [&](int who) {
      for (int i = 0; i < n; ++i) {
        std::unique_lock lock(w.m);
        if (who < 2) {
          ++tokens;
          lock.unlock();
          w.changed.notify_one();
        } else if (who < 4) {
          w.changed.wait(lock, [&] { return tokens > 0; });
          --tokens;
          ++taken;
        } else {
          (void)w.changed.wait_for(lock, std::chrono::microseconds(i % 30));  // in the way
          if (tokens > 0) {
            lock.unlock();
            w.changed.notify_one();  // passes on what it may have been given
          }
        }
      }
    });
    EXPECT_EQ(taken, 2 * n);
  });
}

// After notify_all it may be destroyed, before the waiters have come back (sanitizers watch).
TEST(sync_cond, MayBeDestroyedAfterNotifyAll) {
  sweep_processors([] {
    for (int i = 0; i < 15 * scale; ++i) {
      goro::mutex m;
      std::optional<goro::condition_variable> changed(std::in_place);
      int waiting = 0;
      together(4, [&](int who) {
        std::unique_lock lock(m);
        if (who != 0) {
          ++waiting;
          if (who == 1) {
            (void)changed->wait_for(lock, 50us);
          } else {
            changed->wait(lock);
          }
          return;
        }
        while (waiting != 3) {
          lock.unlock();
          goro::yield();
          lock.lock();
        }
        changed->notify_all();
        changed.reset();
      });
    }
  });
}

}  // namespace
