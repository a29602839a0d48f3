// testing::run_virtual and wait_idle: the behaviour of Go's testing/synctest and internal/synctest.
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "goro/goro.hpp"
#include "goro/testing.hpp"
#include "support.hpp"

namespace {

using namespace std::chrono_literals;
using goro::testing::run_virtual;
using goro::testing::wait_idle;
using support::panics_with;

constexpr goro::time_point start_of_time{946'684'800s};
constexpr const char* all_blocked = "deadlock: all goroutines in bubble are blocked";
constexpr const char* some_remain = "deadlock: main bubble goroutine has exited but blocked goroutines remain";

// Called by a thread and by a goroutine, for every number of processors.
void everywhere(const std::function<void()>& f) {
  support::sweep_processors([&f] {
    run_virtual(f);
    support::in_goroutine([&f] { run_virtual(f); });
  });
}

TEST(synctest, TestNow) {
  everywhere([] {
    EXPECT_EQ(goro::now(), start_of_time);
    goro::go([] { EXPECT_EQ(goro::now(), start_of_time); });
    goro::sleep(1s);
    EXPECT_EQ(goro::now(), start_of_time + 1s);
  });
  EXPECT_LT(goro::now() - std::chrono::steady_clock::now(), 1h);
}

TEST(synctest, TestRunEmpty) {
  everywhere([] {});
}

TEST(synctest, TestSimpleWait) {
  everywhere([] { wait_idle(); });
}

TEST(synctest, TestGoroutineWait) {
  everywhere([] {
    bool ran = false;
    goro::go([&ran] { ran = true; });
    wait_idle();
    EXPECT_TRUE(ran);
  });
}

TEST(synctest, TestWait) {
  everywhere([] {
    bool done = false;
    const auto ch = goro::make_chan<int>();
    std::function<void()> f = [&] {
      const int count = *ch.recv();
      if (count == 0) {
        done = true;
      } else {
        goro::go(f);
        ch.send(count - 1);
      }
    };
    goro::go(f);
    ch.send(100);
    wait_idle();
    EXPECT_TRUE(done);
  });
}

TEST(synctest, TestTimerReadBeforeDeadline) {
  everywhere([] {
    const goro::timer tm(5s);
    tm.c().recv();
    EXPECT_EQ(goro::now() - start_of_time, 5s);
  });
}

TEST(synctest, TestTimerReadAfterDeadline) {
  everywhere([] {
    const goro::timer tm(1s);
    goro::sleep(2s);
    EXPECT_EQ(tm.c().recv(), start_of_time + 1s);
  });
}

TEST(synctest, TestTimerReset) {
  everywhere([] {
    const goro::timer tm(1s);
    EXPECT_EQ(tm.c().recv(), start_of_time + 1s);
    tm.reset(2s);
    EXPECT_EQ(tm.c().recv(), start_of_time + 3s);
    tm.reset(3s);
    goro::sleep(1s);
    EXPECT_TRUE(tm.reset(3s));
    EXPECT_EQ(tm.c().recv(), start_of_time + 7s);
  });
}

TEST(synctest, AStoppedTimerDoesNotMoveTheClock) {
  everywhere([] {
    const goro::timer tm(1h);
    EXPECT_TRUE(tm.stop());
    EXPECT_FALSE(tm.stop());
    goro::sleep(1s);
    EXPECT_EQ(goro::now(), start_of_time + 1s);
  });
}

TEST(synctest, TestTimeAfter) {
  everywhere([] {
    int i = 0;
    goro::after_func(1s, [&i] {
      ++i;
      goro::go([&i] {
        goro::sleep(1s);
        ++i;
      });
    });
    goro::sleep(3s);
    wait_idle();
    EXPECT_EQ(i, 2);
  });
}

TEST(synctest, TestTimerAfterBubbleExit) {
  bool ran = false;
  run_virtual([&ran] { goro::after_func(1s, [&ran] { ran = true; }); });
  EXPECT_FALSE(ran);
}

TEST(synctest, TestTimerFromOutsideBubble) {
  const goro::timer tm(10ms);
  run_virtual([&tm] { tm.c().recv(); });
  EXPECT_FALSE(tm.stop());
}

TEST(synctest, TestTimerRunsImmediately) {
  everywhere([] {
    const goro::timer tm(0s);
    goro::time_point got;
    EXPECT_EQ(tm.c().try_recv(got), goro::chan_status::success);
    EXPECT_EQ(got, start_of_time);
  });
}

TEST(synctest, TestTimerRanInPast) {
  everywhere([] {
    const goro::timer tm(1s);
    goro::sleep(2s);
    goro::time_point got;
    EXPECT_EQ(tm.c().try_recv(got), goro::chan_status::success);
    EXPECT_EQ(got, start_of_time + 1s);
  });
}

TEST(synctest, TestAfterFuncRunsImmediately) {
  everywhere([] {
    std::atomic<bool> ran{false};
    goro::after_func(0s, [&ran] { ran = true; });
    while (!ran) {
      goro::yield();
    }
  });
}

TEST(synctest, TickersKeepStep) {
  everywhere([] {
    const goro::ticker every(3s);
    for (int i = 1; i <= 1000; ++i) {
      EXPECT_EQ(every.c().recv(), start_of_time + i * 3s);
    }
    goro::sleep(10s);  // three ticks, of which two are dropped
    EXPECT_EQ(every.c().recv(), start_of_time + 3003s);
    EXPECT_EQ(every.c().recv(), start_of_time + 3012s);
  });
}

TEST(synctest, SleepersWakeInTheOrderOfTheirTimes) {
  everywhere([] {
    std::vector<int> order;
    goro::mutex one_at_a_time;
    goro::wait_group all;
    for (const int i : {5, 3, 9, 1, 7}) {
      all.go([i, &order, &one_at_a_time] {
        goro::sleep(std::chrono::hours(i));
        const std::lock_guard hold(one_at_a_time);
        order.push_back(i);
      });
    }
    all.wait();
    EXPECT_EQ(order, (std::vector<int>{1, 3, 5, 7, 9}));
    EXPECT_EQ(goro::now() - start_of_time, 9h);
  });
}

TEST(synctest, TestChannelFromOutsideBubble) {
  const auto never = goro::make_chan<void>();
  const auto try_with = [](auto outside, auto inside) {
    const auto ch = goro::make_chan<int>();
    goro::after_func(1ms, [=] { outside(ch); });
    run_virtual([=] { inside(ch); });
  };
  const auto close = [](const goro::chan<int>& ch) { ch.close(); };
  const auto receive = [](const goro::chan<int>& ch) { ch.recv(); };
  const auto send = [](const goro::chan<int>& ch) { ch.send(0); };
  support::sweep_processors([&] {
    try_with(close, receive);
    try_with(send, receive);
    try_with(receive, send);
    try_with(close, [never](const goro::chan<int>& ch) { goro::select(goro::recv_case(ch), goro::recv_case(never)); });
    try_with(close, [](const goro::chan<int>& ch) {
      goro::select(goro::recv_case(ch), goro::recv_case(goro::make_chan<void>()));
    });
  });
}

TEST(synctest, TestDeadlockRoot) {
  EXPECT_TRUE(panics_with(all_blocked, [] { run_virtual([] { goro::select(); }); }));
  EXPECT_TRUE(panics_with(all_blocked, [] {
    run_virtual([] {
      const auto ch = goro::make_chan<int>();
      goro::go([ch] { ch.recv(); });
      ch.recv();
    });
  }));
}

// What a goroutine of an abandoned bubble waited for is gone: it takes no wake-up from what stands there now.
TEST(synctest, AnAbandonedGoroutineTakesNoWakeUp) {
  alignas(goro::semaphore) std::byte place[sizeof(goro::semaphore)];
  auto* const first = new (place) goro::semaphore(1);
  first->acquire();
  EXPECT_TRUE(panics_with(all_blocked, [first] { run_virtual([first] { first->acquire(); }); }));
  first->~semaphore();
  auto* const second = new (place) goro::semaphore(1);
  second->acquire();
  goro::wait_group waiting;
  std::atomic<bool> has_it{false};
  waiting.go([&] {
    second->acquire();
    has_it = true;
  });
  for (int i = 0; i < 100; ++i) {
    std::this_thread::yield();
    goro::yield();
  }
  second->release();
  waiting.wait();
  EXPECT_TRUE(has_it);
  second->~semaphore();
}

TEST(synctest, WaitsInsideBlockingEndInReality) {
  everywhere([] {
    goro::blocking([] {
      goro::sleep(1ms);
      goro::mutex m;
      m.lock();
      EXPECT_FALSE(m.try_lock_for(1ms));
      m.unlock();
    });
  });
}

TEST(synctest, TestDeadlockChild) {
  EXPECT_TRUE(panics_with(some_remain, [] { run_virtual([] { goro::go([] { goro::select(); }); }); }));
}

TEST(synctest, TestDeadlockTicker) {
  EXPECT_TRUE(panics_with(some_remain, [] {
    run_virtual([] {
      goro::go([] {
        for ([[maybe_unused]] const goro::time_point t : goro::tick(1s)) {
          ADD_FAILURE() << "a tick after the end";
          return;
        }
      });
    });
  }));
}

TEST(synctest, AMutexThatNobodyUnlocksIsADeadlock) {
  EXPECT_TRUE(panics_with(all_blocked, [] {
    run_virtual([] {
      auto& m = *new goro::mutex;
      m.lock();
      m.lock();
    });
  }));
}

TEST(synctest, AThreadBesideABubbleMayHaveAnyDeadline) {
  run_virtual([] {
    goro::shared_mutex m;
    m.lock_shared();
    std::thread beside([&] {
      EXPECT_FALSE(m.try_lock_until(goro::time_point::min()));
      EXPECT_FALSE(m.try_lock_for(1ms));
      m.unlock_shared();
      EXPECT_TRUE(m.try_lock_until(goro::time_point::max()));
      m.unlock();
    });
    beside.join();
  });
}

TEST(synctest, WaitIdleDoesNotCountAMutexAsRunning) {
  everywhere([] {
    goro::mutex m;
    m.lock();
    bool locked = false;
    goro::go([&] {
      m.lock();
      locked = true;
      m.unlock();
    });
    wait_idle();
    EXPECT_FALSE(locked);
    m.unlock();
    wait_idle();
    EXPECT_TRUE(locked);
  });
}

TEST(synctest, TestCond) {
  everywhere([] {
    goro::mutex mu;
    goro::condition_variable cond;
    goro::go([&] {
      goro::sleep(1ms);
      mu.lock();
      cond.notify_one();
      mu.unlock();
      goro::sleep(1ms);
      mu.lock();
      cond.notify_all();
      mu.unlock();
    });
    const auto wait = [&] {
      std::unique_lock hold(mu);
      cond.wait(hold);
    };
    wait();
    EXPECT_EQ(goro::now() - start_of_time, 1ms);
    bool waiter_done = false;
    goro::go([&] {
      wait();
      waiter_done = true;
    });
    wait();
    wait_idle();
    EXPECT_TRUE(waiter_done);
    EXPECT_EQ(goro::now() - start_of_time, 2ms);
  });
}

TEST(synctest, TimeoutsOfWaitsAreVirtual) {
  everywhere([] {
    goro::mutex m;
    goro::semaphore s(0);
    m.lock();
    EXPECT_FALSE(m.try_lock_for(1h));
    EXPECT_FALSE(s.try_acquire_for(1h));
    EXPECT_FALSE(m.try_lock_until(goro::now() + 1h));
    EXPECT_EQ(goro::now() - start_of_time, 3h);
    m.unlock();
  });
}

TEST(synctest, TestWaitGroupInBubble) {
  everywhere([] {
    goro::wait_group wg;
    wg.add(1);
    goro::go([&wg] {
      goro::sleep(1s);
      wg.done();
    });
    wg.wait();
    EXPECT_EQ(goro::now() - start_of_time, 1s);
  });
}

TEST(synctest, TestWaitGroupMovedBetweenBubblesWithZeroCount) {
  goro::wait_group wg;
  for (int i = 0; i < 2; ++i) {
    run_virtual([&wg] {
      wg.add(1);
      wg.done();
    });
  }
}

TEST(synctest, TestHappensBefore) {
  everywhere([] {
    int plain = 0;  // a race build would tell
    goro::go([&plain] { ++plain; });
    wait_idle();
    ++plain;
    EXPECT_EQ(plain, 2);
  });
}

// testing/synctest's examples.
TEST(synctest, Example_contextAfterFunc) {
  everywhere([] {
    auto [ctx, cancel] = goro::with_cancel(goro::background());
    bool called = false;
    goro::after_func(ctx, [&called] { called = true; });
    wait_idle();
    EXPECT_FALSE(called);
    cancel();
    wait_idle();
    EXPECT_TRUE(called);
  });
}

TEST(synctest, Example_contextWithTimeout) {
  everywhere([] {
    auto [ctx, cancel] = goro::with_timeout(goro::background(), 5s);
    EXPECT_EQ(ctx.deadline(), start_of_time + 5s);
    goro::sleep(5s - 1ns);
    wait_idle();
    EXPECT_FALSE(ctx.err());
    goro::sleep(1ns);
    wait_idle();
    EXPECT_EQ(ctx.err(), goro::errc::deadline_exceeded);
  });
}

TEST(synctest, TestNestedCallIsRefused) {
  EXPECT_TRUE(
      panics_with("testing.run_virtual called from within a bubble", [] { run_virtual([] { run_virtual([] {}); }); }));
}

TEST(synctest, WaitIdleOutsideIsRefused) {
  EXPECT_TRUE(panics_with("goroutine is not in a bubble", [] { wait_idle(); }));
}

TEST(synctest, TwoThatWaitForIdlenessAreRefused) {
  everywhere([] {
    goro::go([] { wait_idle(); });
    goro::go([] { EXPECT_TRUE(panics_with("wait already in progress", [] { wait_idle(); })); });
    goro::sleep(1s);
  });
}

TEST(synctest, AnExceptionPassesThroughWhenTheOthersHaveEnded) {
  everywhere([] {});
  bool ended = false;
  EXPECT_THROW(run_virtual([&ended] {
                 const auto ch = goro::make_chan<int>();
                 goro::go([ch, &ended] {
                   ch.recv();
                   ended = true;
                 });
                 const goro::defer close_at_end{[ch] { ch.close(); }};
                 throw std::runtime_error("leaves f");
               }),
               std::runtime_error);
  EXPECT_TRUE(ended);
}

TEST(synctest, AnExceptionIsWorthMoreThanADeadlock) {
  EXPECT_THROW(run_virtual([] {
                 goro::go([] { goro::select(); });
                 throw std::runtime_error("leaves f");
               }),
               std::runtime_error);
}

TEST(synctest, AGoroutineMayBeTiedToItsThread) {
  everywhere([] {
    int turns = 0;
    goro::go([&turns] {
      const goro::defer untie{&goro::unlock_os_thread};
      goro::lock_os_thread();
      const std::thread::id here = std::this_thread::get_id();
      for (int i = 0; i < 10; ++i) {
        goro::sleep(1s);
        goro::yield();
        EXPECT_EQ(std::this_thread::get_id(), here);
        ++turns;
      }
    });
    for (int i = 0; i < 10; ++i) {
      goro::yield();
      goro::sleep(1s);
    }
    goro::sleep(1s);
    wait_idle();
    EXPECT_EQ(turns, 10);
  });
}

TEST(synctest, GoexitEndsTheFirstGoroutine) {
  everywhere([] {
    goro::go([] { goro::goexit(); });
    goro::goexit();
  });
}

TEST(synctest, ABlockingCallIsWaitedFor) {
  everywhere([] {
    bool returned = false;
    goro::go([&returned] {
      goro::blocking([] { std::this_thread::sleep_for(2ms); });
      returned = true;
    });
    goro::sleep(1s);
    wait_idle();
    EXPECT_TRUE(returned);
  });
}

TEST(synctest, ManyGoroutines) {
  everywhere([] {
    std::atomic<int> sum{0};
    goro::wait_group all;
    for (int i = 0; i < 1000; ++i) {
      all.go([&sum, i] {
        goro::sleep(std::chrono::milliseconds(i % 17));
        goro::yield();
        ++sum;
      });
    }
    all.wait();
    EXPECT_EQ(sum, 1000);
  });
}

}  // namespace
