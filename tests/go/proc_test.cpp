// The scheduler's promises, after runtime/proc_test.go. Channels are not there yet: semaphores and atomics stand in for
// them.
#include <atomic>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "goro/future.hpp"
#include "goro/latch.hpp"
#include "goro/mutex.hpp"
#include "goro/semaphore.hpp"
#include "goro/shared_mutex.hpp"
#include "goro/sync_map.hpp"
#include "goro/wait_group.hpp"
#include "support.hpp"
#include "yielding_crowd.hpp"

namespace {

using namespace std::chrono_literals;
using support::in_goroutine;
using support::processors;

// There is no world to stop for a collector; what remains is that changing gomaxprocs from two sides at once, while
// another goroutine never waits, comes to an end.
TEST(sched_proc, TestStopTheWorldDeadlock) {
  const processors three(3);
  std::atomic<bool> stop{false};
  goro::wait_group changers;
  goro::wait_group perpetuum_mobile;
  perpetuum_mobile.go([&] {
    while (!stop) {
      goro::checkpoint();
    }
  });
  for (int g = 0; g < 2; ++g) {
    changers.go([g] {
      for (int i = 0; i < 1000; ++i) {
        goro::gomaxprocs(g == 0 ? 3 : 1 + i % 3);
      }
    });
  }
  changers.wait();
  stop = true;
  perpetuum_mobile.wait();
}

void yields_until_told(bool locked) {
  support::sweep_processors([locked] {
    std::atomic<bool> running{false};
    std::atomic<bool> told{false};
    goro::wait_group ended;
    ended.go([&] {
      if (locked) {
        goro::lock_os_thread();
      }
      running = true;
      while (!told) {
        goro::yield();
      }
    });
    ASSERT_TRUE(support::eventually([&] { return running.load(); }));
    in_goroutine([&] {
      goro::sleep(1ms);
      told = true;
    });
    ended.wait();
  });
}

TEST(sched_proc, TestYieldProgress) { yields_until_told(false); }
TEST(sched_proc, TestYieldLockedProgress) { yields_until_told(true); }

// The one that yields has started the one it waits for: with one processor nobody else can run it.
TEST(sched_proc, YieldingLetsAFreshGoroutineRun) {
  for (const bool locked : {false, true}) {
    support::sweep_processors([locked] {
      in_goroutine([locked] {
        if (locked) {
          goro::lock_os_thread();
        }
        for (int i = 0; i < 20; ++i) {
          std::atomic<bool> ran{false};
          goro::go([&ran] { ran = true; });
          while (!ran) {
            goro::yield();
          }
        }
      });
    });
  }
}

// More than a processor's own queues hold: most stand in the global one, behind a queue that is never empty.
TEST(sched_proc, YieldingDoesNotKeepManyFreshOnesWaiting) {
  const processors one(1);
  in_goroutine([] {
    constexpr int fresh = 5000;
    std::atomic<int> ran{0};
    for (int i = 0; i < fresh; ++i) {
      goro::go([&ran] { ++ran; });
    }
    int yields = 0;
    while (ran < fresh) {
      goro::yield();
      ++yields;
    }
    EXPECT_LT(yields, fresh);
  });
}

// Nor does the global queue, when that is never empty, keep a fresh one waiting, behind which others are started again
// and again: the newest runs first, and the oldest has its turn.
TEST(sched_proc, AFreshGoroutineRunsBesideAChainAndManyThatYield) {
  const processors one(1);
  support::yielding_crowd crowd;
  std::atomic<bool> ran{false};
  goro::wait_group ended;
  std::function<void()> link;
  link = [&] {
    if (!ran) {
      ended.go(link);
    }
  };
  in_goroutine([&] {
    ended.go([&ran] { ran = true; });
    ended.go(link);
  });
  ended.wait();
}

TEST(sched_proc, ASleepEndsBesideManyThatYield) {
  const processors one(1);
  const support::yielding_crowd crowd;
  in_goroutine([] { goro::sleep(1ms); });
}

// Four goroutines, each of which waits for its predecessor without a call to goro: all must run at the same time.
void take_turns_without_parking() {
  constexpr int n = 4;
  const processors four(n);
  for (int attempt = 0; attempt < 3; ++attempt) {
    std::atomic<int> turn{0};
    goro::wait_group ended;
    for (int p = 0; p < n; ++p) {
      ended.go([&turn, p] {
        for (int i = 0; i < 10; ++i) {
          while (turn != n * i + p) {
            std::this_thread::yield();  // the operating system's: there may be fewer CPUs
          }
          ++turn;
        }
      });
    }
    ended.wait();
    EXPECT_EQ(turn, 10 * n);
  }
}

TEST(sched_proc, TestGoroutineParallelism) { take_turns_without_parking(); }

// The same when all workers have gone to sleep before, and when the main goroutine starts it.
TEST(sched_proc, TestGoroutineParallelism2) {
  goro::sleep(5ms);
  take_turns_without_parking();
  goro::run([] { take_turns_without_parking(); });
}

// Two that wake each other all the time, so that each runs next: a deadline must be noticed nevertheless.
void deadline_beside_ping_pong(bool yield_too) {
  const processors one(1);
  std::atomic<bool> stop{false};
  std::array<goro::semaphore, 2> ball = {goro::semaphore{1}, goro::semaphore{1}};
  ball[1].acquire();
  goro::wait_group players;
  for (std::size_t side = 0; side < 2; ++side) {
    players.go([&, side] {
      while (!stop) {
        ball[side].acquire();
        ball[1 - side].release();
        if (yield_too) {
          goro::yield();
        }
      }
    });
  }
  in_goroutine([] { goro::sleep(20ms); });
  stop = true;
  players.wait();
}

TEST(sched_proc, TestTimerFairness) { deadline_beside_ping_pong(false); }
TEST(sched_proc, TestTimerFairness2) { deadline_beside_ping_pong(true); }

// A goroutine that computes is preempted at its checkpoints; nothing else lets the other one run.
TEST(sched_proc, TestPreemption) {
  const processors one(1);
  std::atomic<int> turn{0};
  goro::wait_group ended;
  for (int g = 0; g < 2; ++g) {
    ended.go([&turn, g] {
      for (int i = 0; i < 5; ++i) {
        while (turn != g) {
          goro::checkpoint();
        }
        turn = 1 - g;
      }
    });
  }
  ended.wait();
}

// Every call that may be made in a loop until something has happened is a preemption point, also where it has a short
// way out.
TEST(sched_proc, RuntimeCallsInALoopArePreempted) {
  const processors one(1);
  goro::mutex m;
  goro::mutex held;
  held.lock();
  goro::shared_mutex shared;
  goro::shared_mutex shared_held;
  shared_held.lock();
  goro::semaphore units(1);
  goro::semaphore none(0);
  goro::latch closed(1);
  goro::wait_group group;
  goro::sync_map<int, int> map;
  std::atomic<bool> let_end{false};
  const goro::future<void> unfinished = goro::async([&let_end] {
    while (!let_end) {
      goro::sleep(1ms);
    }
  });
  const std::pair<const char*, std::function<void()>> calls[] = {
      {"checkpoint", [] { goro::checkpoint(); }},
      {"yield", [] { goro::yield(); }},
      {"go", [] { goro::go([] {}); }},
      {"num_goroutine", [] { (void)goro::num_goroutine(); }},
      {"lock and unlock", [&] { const std::lock_guard hold(m); }},
      {"try_lock", [&] { EXPECT_FALSE(held.try_lock()); }},
      {"shared lock and unlock", [&] { const std::lock_guard hold(shared); }},
      {"lock_shared", [&] { const std::shared_lock hold(shared); }},
      {"try_lock of a shared_mutex", [&] { EXPECT_FALSE(shared_held.try_lock()); }},
      {"try_lock_shared", [&] { EXPECT_FALSE(shared_held.try_lock_shared()); }},
      {"acquire and release", [&] { units.acquire(), units.release(); }},
      {"try_acquire", [&] { EXPECT_FALSE(none.try_acquire()); }},
      {"try_wait", [&] { EXPECT_FALSE(closed.try_wait()); }},
      {"wait for nobody", [&] { group.wait(); }},
      {"load of a map", [&] { (void)map.load(1); }},
      {"ready", [&] { EXPECT_FALSE(unfinished.ready()); }},
      {"sleep(0)", [] { goro::sleep(0s); }},
  };
  for (const auto& call_and_name : calls) {
    const auto& call = call_and_name.second;  // clang 14 does not let a lambda capture a structured binding
    SCOPED_TRACE(call_and_name.first);
    std::atomic<bool> other_ran{false};
    in_goroutine([&] {
      goro::go([&other_ran] { other_ran = true; });
      while (!other_ran) {
        call();
      }
    });
  }
  let_end = true;
  unfinished.wait();
}

TEST(sched_proc, TestNumGoroutine) {
  support::sweep_processors([] {
    ASSERT_TRUE(support::eventually([] { return goro::num_goroutine() == 0; }));
    constexpr int n = 100;
    goro::semaphore hold(n);
    hold.acquire(n);
    goro::wait_group ended;
    std::atomic<int> running{0};
    for (int i = 0; i < n; ++i) {
      ended.go([&] {
        ++running;
        hold.acquire();
      });
      EXPECT_EQ(goro::num_goroutine(), static_cast<std::size_t>(i + 1));
    }
    ASSERT_TRUE(support::eventually([&] { return running == n; }));
    EXPECT_EQ(goro::num_goroutine(), static_cast<std::size_t>(n));
    hold.release(n);
    ended.wait();
    EXPECT_TRUE(support::eventually([] { return goro::num_goroutine() == 0; }));
  });
}

// Two pairs that hand a ball to and fro; one pair computes a thousand times as long before each throw. They share one
// processor by time, not by turns: what both have computed in the end is of the same order.
TEST(sched_proc, TestPingPongHog) {
  if (GORO_WITH_TSAN || GORO_WITH_ASAN) {
    GTEST_SKIP() << "sanitizers make the throw cost more than the computing";
  }
  const processors one(1);
  std::atomic<bool> stop{false};
  struct pair {
    goro::semaphore ball[2] = {goro::semaphore{1}, goro::semaphore{1}};
    long limit = 0;
    volatile long count = 0;  // so that counting takes time; whoever has the ball counts
  };
  pair hogs;
  hogs.limit = 1'000'000;
  pair lights;
  lights.limit = 1'000;
  goro::wait_group players;
  for (pair* p : {&hogs, &lights}) {
    p->ball[0].acquire();
    p->ball[1].acquire();
    for (std::size_t side = 0; side < 2; ++side) {
      players.go([&stop, p, side] {
        while (!stop) {
          p->ball[side].acquire();
          for (long i = 0; i < p->limit; ++i) {
            p->count = p->count + 1;
          }
          p->ball[1 - side].release();
        }
      });
    }
  }
  in_goroutine([&] {
    hogs.ball[0].release();
    lights.ball[0].release();
    goro::sleep(300ms);
    stop = true;
  });
  players.wait();
  constexpr long factor = 20;
  EXPECT_LE(hogs.count / factor, lights.count) << hogs.count << " and " << lights.count;
  EXPECT_LE(lights.count / factor, hogs.count) << hogs.count << " and " << lights.count;
}

// Beside two that only wake each other, a third that yields gets its share.
TEST(sched_proc, PingPongDoesNotStarveOthers) {
  const processors one(1);
  std::atomic<bool> stop{false};
  std::array<goro::semaphore, 2> ball = {goro::semaphore{1}, goro::semaphore{1}};
  ball[1].acquire();
  goro::wait_group ended;
  for (std::size_t side = 0; side < 2; ++side) {
    ended.go([&, side] {
      while (!stop) {
        ball[side].acquire();
        ball[1 - side].release();
      }
    });
  }
  ended.go([&] {
    for (int i = 0; i < 20; ++i) {
      goro::yield();
    }
    stop = true;
  });
  ended.wait();
}

// A goroutine that has blocked its thread is preempted like any other once it is back.
TEST(sched_proc, TestPreemptionAfterSyscall) {
  const processors two(2);
  for (const auto pause : {10us, 100us, 1000us}) {
    std::atomic<bool> stop{false};
    goro::wait_group ended;
    for (int i = 0; i < 3; ++i) {  // more than there are processors
      ended.go([&, pause] {
        goro::blocking([pause] { std::this_thread::sleep_for(pause); });
        while (!stop) {
          goro::checkpoint();
        }
      });
    }
    in_goroutine([] { goro::sleep(1ms); });
    stop = true;
    ended.wait();
  }
}

// Who has just been found again on another thread sees that thread's own state: this_worker must not be remembered
// across a park.
TEST(sched_proc, TestGetgThreadSwitch) {
  const processors four(4);
  goro::wait_group ended;
  for (int i = 0; i < 16; ++i) {
    ended.go([] {
      const std::uint64_t id = goro::goroutine_id();
      for (int turn = 0; turn < 100 * support::scale; ++turn) {
        goro::yield();
        EXPECT_EQ(goro::goroutine_id(), id);
        if (turn % 10 == 0) {
          goro::blocking([id] { EXPECT_EQ(goro::goroutine_id(), id); });
          EXPECT_EQ(goro::goroutine_id(), id);
        }
      }
    });
  }
  ended.wait();
}

// Far beyond what the machine has, and beyond what goro allows.
TEST(sched_proc, TestBigGOMAXPROCS) {
  const processors restored(1024);
  EXPECT_EQ(goro::gomaxprocs(1'000'000), 1024);
  EXPECT_EQ(goro::gomaxprocs(), 1024);
  std::atomic<int> ran{0};
  goro::wait_group ended;
  for (int i = 0; i < 2000; ++i) {
    ended.go([&ran] {
      goro::yield();
      ++ran;
    });
  }
  ended.wait();
  EXPECT_EQ(ran, 2000);
}

}  // namespace
