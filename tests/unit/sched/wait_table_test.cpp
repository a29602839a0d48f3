#include "sched/wait_table.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <string>

#include "support.hpp"

namespace goro::sched {
namespace {

using sched_test::always;
using sched_test::eventually;
using sched_test::goroutines_and_threads;
using sched_test::in_goroutine;

constexpr auto give = [](std::uint32_t token) { return [token](const wake_info&) { return token; }; };

// How many wait on `key`: what a waker that takes nobody learns.
unsigned waiting_on(const void* key) {
  unsigned n = 0;
  wake_some(
      key,
      [&n](std::uintptr_t) {
        ++n;
        return wake_choice::skip;
      },
      [](std::uintptr_t) {}, [](const wake_info&) { return 0U; });
  return n;
}

TEST(WaitTable, RefusesWhenNoLongerNeeded) {
  int key = 0;
  const wait_result result = wait_on(&key, {}, [] { return false; });
  EXPECT_EQ(result.how, wait_result::kind::refused);
  EXPECT_EQ(waiting_on(&key), 0U);
}

TEST(WaitTable, WakingNobodyStillDecides) {
  int key = 0;
  bool decided = false;
  EXPECT_EQ(wake_one(&key,
                     [&](const wake_info& info) {
                       decided = true;
                       EXPECT_EQ(info.woken, 0U);
                       EXPECT_FALSE(info.others_wait);
                       return 0U;
                     }),
            0U);
  EXPECT_TRUE(decided);
  EXPECT_EQ(wake_all(&key, give(1)), 0U);
}

TEST(WaitTable, TheTokenReachesTheWaiter) {
  int key = 0;
  goroutines_and_threads(2, [&](int i) {
    if (i == 0) {
      EXPECT_EQ(wait_on(&key, {.note = 5}, always).token, 42U);
    } else {
      ASSERT_TRUE(eventually([&] { return waiting_on(&key) == 1; }));
      wake_one(&key, [](const wake_info& info) {
        EXPECT_EQ(info.woken, 1U);
        EXPECT_EQ(info.note, 5U);
        return 42U;
      });
    }
  });
}

// Starts n waiters on `key`, each queued before the next; they append what they are to `order` when they wake.
class queue_of_waiters {
 public:
  queue_of_waiters(const void* key, int n, int front_from, bool threads_too = true) : threads_and_goroutines_(n) {
    for (int i = 0; i < n; ++i) {
      start(key, i, i >= front_from, threads_too);
      EXPECT_TRUE(eventually([&] { return waiting_on(key) == static_cast<unsigned>(i + 1); }));
    }
  }
  ~queue_of_waiters() {
    for (auto& t : threads_) {
      t.join();
    }
    EXPECT_TRUE(eventually([&] { return ended_ == threads_and_goroutines_; }));
  }
  int woken() const { return ended_; }
  std::string order() {
    const std::lock_guard hold(mutex_);
    return order_;
  }

 private:
  void start(const void* key, int i, bool front, bool threads_too) {
    const auto body = [this, key, i, front] {
      const wait_result result = wait_on(key, {.front = front, .note = static_cast<std::uintptr_t>(i)}, always);
      EXPECT_EQ(result.how, wait_result::kind::woken);
      {
        const std::lock_guard hold(mutex_);
        order_ += static_cast<char>('a' + i);
      }
      ++ended_;
    };
    if (i % 2 == 0 || !threads_too) {
      go(body);
    } else {
      threads_.emplace_back(body);
    }
  }

  const int threads_and_goroutines_;
  std::vector<std::thread> threads_;
  std::atomic<int> ended_{0};
  std::mutex mutex_;
  std::string order_;
};

TEST(WaitTable, FirstInFirstOut) {
  int key = 0;
  queue_of_waiters queue(&key, 6, 6);
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(wake_one(&key, give(1)), 1U);
    ASSERT_TRUE(eventually([&] { return queue.woken() == i + 1; }));
  }
  EXPECT_EQ(queue.order(), "abcdef");
}

TEST(WaitTable, FrontGoesToTheHead) {
  int key = 0;
  queue_of_waiters queue(&key, 4, 2);  // a b, then c and d each to the head
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(wake_one(&key, give(1)), 1U);
    ASSERT_TRUE(eventually([&] { return queue.woken() == i + 1; }));
  }
  EXPECT_EQ(queue.order(), "dcab");
}

TEST(WaitTable, WakeAllWakesAllAndOnlyThisKey) {
  int key = 0;
  int other = 0;
  queue_of_waiters stays(&other, 2, 2);
  {
    queue_of_waiters queue(&key, 8, 8);
    EXPECT_EQ(wake_all(&key, give(3)), 8U);
  }
  EXPECT_EQ(waiting_on(&other), 2U);
  EXPECT_EQ(wake_all(&other, give(3)), 2U);
}

// With one processor goroutines run in the order in which they are made ready.
TEST(WaitTable, WakeAllMakesReadyFirstInFirstOut) {
  const int before = gomaxprocs(1);
  for (const bool by_goroutine : {false, true}) {
    int key = 0;
    queue_of_waiters queue(&key, 8, 6, false);  // the last two to the head
    const auto wake = [&key] { EXPECT_EQ(wake_all(&key, give(1)), 8U); };
    if (by_goroutine) {
      in_goroutine(wake);
    } else {
      wake();
    }
    ASSERT_TRUE(eventually([&] { return queue.woken() == 8; }));
    EXPECT_EQ(queue.order(), "hgabcdef");
  }
  gomaxprocs(before);
}

TEST(WaitTable, WakeSomeChoosesByNote) {
  int key = 0;
  queue_of_waiters queue(&key, 6, 6);
  std::uintptr_t taken_notes = 0;
  const std::uint32_t woken = wake_some(
      &key,
      [](std::uintptr_t note) {
        return note == 5 ? wake_choice::stop : note % 2 == 0 ? wake_choice::wake : wake_choice::skip;
      },
      [&](std::uintptr_t note) { taken_notes |= std::uintptr_t{1} << note; },
      [](const wake_info& info) {
        EXPECT_EQ(info.woken, 3U);
        EXPECT_TRUE(info.others_wait);
        return 1U;
      });
  EXPECT_EQ(woken, 3U);
  EXPECT_EQ(taken_notes, 0b10101U);
  ASSERT_TRUE(eventually([&] { return queue.woken() == 3; }));
  EXPECT_EQ(wake_all(&key, give(1)), 3U);
}

TEST(WaitTable, BeforeParkRunsWhenTheWaiterCanBeWoken) {
  int key = 0;
  const auto body = [&key] {
    bool ran = false;
    const wait_result result = wait_on(
        &key, {}, always,
        [&] {
          ran = true;
          EXPECT_EQ(wake_one(&key, give(9)), 1U);  // takes the very waiter that is about to park
        },
        [](bool) {});
    EXPECT_TRUE(ran);
    EXPECT_EQ(result.token, 9U);
  };
  in_goroutine(body);
  body();  // on a thread
}

TEST(WaitTable, TimeoutLeavesTheQueueAndTellsWhoRemains) {
  int key = 0;
  queue_of_waiters stays(&key, 1, 1);
  const auto body = [&key] {
    bool others = false;
    const wait_result result = wait_on(
        &key, {.deadline = base::now_ns() + 1'000'000}, always, [] {}, [&](bool others_wait) { others = others_wait; });
    EXPECT_EQ(result.how, wait_result::kind::timed_out);
    EXPECT_TRUE(others);
  };
  in_goroutine(body);
  body();
  EXPECT_EQ(waiting_on(&key), 1U);
  EXPECT_EQ(wake_all(&key, give(1)), 1U);
}

TEST(WaitTable, ADeadlineInThePastEndsAtOnce) {
  int key = 0;
  in_goroutine([&] { EXPECT_EQ(wait_on(&key, {.deadline = 1}, always).how, wait_result::kind::timed_out); });
  EXPECT_EQ(wait_on(&key, {.deadline = 1}, always).how, wait_result::kind::timed_out);
}

// Each wake given out is either received by a waiter or reported as "nobody": a timeout at the same moment loses none.
TEST(WaitTable, TimeoutsRaceWithWakesWithoutLoss) {
  constexpr int waiters = 8;
  constexpr int turns = GORO_WITH_TSAN || GORO_WITH_ASAN ? 200 : 1000;
  int key = 0;
  std::atomic<long> given{0};
  std::atomic<long> received{0};
  std::atomic<int> running{waiters};
  goroutines_and_threads(waiters + 2, [&](int i) {
    if (i >= waiters) {
      while (running != 0) {
        given += wake_one(&key, give(1));
        yield();
      }
      return;
    }
    std::uint64_t state = static_cast<std::uint64_t>(i) + 1;
    for (int turn = 0; turn < turns; ++turn) {
      state = state * 6364136223846793005ULL + 1;
      const auto timeout = static_cast<base::nanoseconds>((state >> 40) % 20'000);
      if (wait_on(&key, {.deadline = base::now_ns() + timeout}, always).how == wait_result::kind::woken) {
        ++received;
      }
    }
    --running;
  });
  EXPECT_EQ(given, received);
  EXPECT_EQ(waiting_on(&key), 0U);
}

// Many keys with several waiters each, in few buckets and woken in another order than they came: the chains of keys
// stay whole.
TEST(WaitTable, ManyKeysShareBuckets) {
  // Keys are spread by the top bits of a product; of many addresses take those that land close together.
  const auto words = std::make_unique<std::array<int, 1'000'000>>();
  std::vector<const int*> keys;
  for (const int& word : *words) {
    if ((reinterpret_cast<std::uintptr_t>(&word) * 0x9E3779B97F4A7C15ULL) >> 48 < 16 && keys.size() < 211) {
      keys.push_back(&word);
    }
  }
  ASSERT_GT(keys.size(), 100U);
  std::atomic<std::size_t> ended{0};
  for (int lap = 0; lap < 2; ++lap) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      go([key = keys[i], i, &ended] {
        EXPECT_EQ(wait_on(key, {}, always).token, static_cast<std::uint32_t>(i));
        ++ended;
      });
    }
  }
  ASSERT_TRUE(eventually(
      [&] { return std::all_of(keys.begin(), keys.end(), [](const int* key) { return waiting_on(key) == 2; }); }));
  const std::size_t n = keys.size();
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t chosen = i % 2 == 0 ? i / 2 : n - 1 - i / 2;  // from both ends
    EXPECT_EQ(wake_one(keys[chosen], give(static_cast<std::uint32_t>(chosen))), 1U);
  }
  for (std::size_t i = n; i-- > 0;) {
    EXPECT_EQ(wake_all(keys[i], give(static_cast<std::uint32_t>(i))), 1U);
  }
  ASSERT_TRUE(eventually([&] { return ended == 2 * n; }));
}

// Whoever was woken may free the key at once; the waker uses its address only.
TEST(WaitTable, TheWokenMayFreeTheKey) {
  constexpr int turns = GORO_WITH_TSAN || GORO_WITH_ASAN ? 500 : 5000;
  for (int i = 0; i < turns; ++i) {
    auto* key = new std::atomic<int>{0};
    std::atomic<bool> freed{false};
    const auto waiter_body = [key, &freed] {
      wait_on(key, {}, [key] { return key->load(std::memory_order_relaxed) == 0; });
      delete key;
      freed = true;
    };
    std::thread thread;
    if (i % 8 == 0) {
      thread = std::thread(waiter_body);
    } else {
      go(waiter_body);
    }
    wake_one(key, [key](const wake_info&) {
      key->store(1, std::memory_order_relaxed);  // the last touch, under the bucket's lock
      return 1U;
    });
    ASSERT_TRUE(eventually([&] { return freed.load(); }));
    if (thread.joinable()) {
      thread.join();
    }
  }
}

// Two that wake each other, goroutine and thread in every pairing: no wake is lost.
TEST(WaitTable, PingPongInEveryPairing) {
  constexpr int turns = GORO_WITH_TSAN || GORO_WITH_ASAN ? 500 : 5000;
  for (const int pairing : {0, 1, 2}) {
    struct side {
      std::atomic<int> ball{0};
    };
    std::array<side, 2> sides;
    const auto play = [&](int me) {
      side& own = sides[static_cast<std::size_t>(me)];
      side& other = sides[static_cast<std::size_t>(1 - me)];
      for (int i = 0; i < turns; ++i) {
        if (me == 0 || i > 0) {
          wake_one(&other, [&](const wake_info&) {
            other.ball.store(1, std::memory_order_relaxed);
            return 1U;
          });
        }
        while (own.ball.load() == 0) {
          wait_on(&own, {}, [&] { return own.ball.load(std::memory_order_relaxed) == 0; });
        }
        own.ball.store(0);
      }
      if (me == 1) {
        wake_one(&other, [&](const wake_info&) {
          other.ball.store(1, std::memory_order_relaxed);
          return 1U;
        });
      }
    };
    std::atomic<int> left{2};
    std::vector<std::thread> threads;
    for (int me = 0; me < 2; ++me) {
      const auto body = [&, me] {
        play(me);
        --left;
      };
      if (pairing == 2 || (pairing == 1 && me == 1)) {
        threads.emplace_back(body);
      } else {
        go(body);
      }
    }
    for (auto& t : threads) {
      t.join();
    }
    ASSERT_TRUE(eventually([&] { return left == 0; })) << pairing;
  }
}

}  // namespace
}  // namespace goro::sched
