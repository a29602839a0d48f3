// Twins of waitgroup_test.go, sync_test.go, mutex_test.go, rwmutex_test.go, atomic_test.go, pool_test.go, time_test.go.
#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "cases.hpp"

namespace race_cases {
namespace {

template <class Variable, class Value>
auto writes(Variable& variable, Value value) {
  return [&variable, value] { variable = value; };
}

}  // namespace

// waitgroup_test.go ---------------------------------------------------------------------------------------------------

NO_RACE(WaitGroup) {
  auto& x = leaked(0);
  goro::wait_group wg;
  wg.add(1);
  goro::go([&] {
    x = 1;
    wg.done();
  });
  wg.wait();
}
RACE(WaitGroup) {
  auto& x = leaked(0);
  goro::wait_group wg;
  for (int i = 0; i < 2; ++i) {
    wg.add(1);
    goro::go([&, i] {
      x = i;
      wg.done();
    });
  }
  wg.wait();
}
NO_RACE(WaitGroup2) {
  auto& x = leaked(0);
  goro::wait_group wg;
  wg.add(1);
  goro::go([&] {
    x = 1;
    wg.done();
  });
  wg.wait();
  x = 2;
}
TIMED_RACE(WaitGroupAsMutex) {
  auto& x = leaked(0);
  auto& wg = *new goro::wait_group;
  const auto locked = [&](int value) {
    return [&, value] {
      wg.wait();
      goro::sleep(10ms);
      wg.add(1);
      x = value;
      wg.add(-1);
    };
  };
  both(locked(1), locked(2));
}
RACE(WaitGroupWrongWait) {
  auto& x = leaked(0);
  auto& wg = *new goro::wait_group;
  auto& c = channel<bool>(2);
  for (const int value : {1, 2}) {
    goro::go([&, value] {
      wg.add(1);
      goro::yield();
      x = value;
      wg.done();
      c.send(true);
    });
  }
  wg.wait();
  c.recv();
  c.recv();
}
TIMED_RACE(WaitGroupWrongAdd) {
  auto& wg = *new goro::wait_group;
  auto& c = channel<bool>(2);
  for (int i = 0; i < 2; ++i) {
    goro::go([&] {
      wg.add(1);
      goro::sleep(20ms);
      wg.done();
      c.send(true);
    });
  }
  goro::sleep(10ms);
  wg.wait();
  c.recv();
  c.recv();
}
NO_RACE(WaitGroupMultipleWait) {
  auto& wg = *new goro::wait_group;
  both([&] { wg.wait(); }, [&] { wg.wait(); });
}
NO_RACE(WaitGroupMultipleWait2) {
  auto& wg = *new goro::wait_group;
  wg.add(2);
  const auto part = [&] {
    wg.done();
    wg.wait();
  };
  both(part, part);
  wg.wait();
}
NO_RACE(WaitGroupMultipleWait3) {
  constexpr std::size_t n = 3;
  auto& data = leaked(std::array<int, n>{});
  auto& done = channel<bool>(n);
  auto& wg = *new goro::wait_group;
  wg.add(n);
  for (std::size_t p = 0; p < n; ++p) {
    goro::go([&, p] {
      data[p] = 42;
      wg.done();
    });
  }
  for (std::size_t p = 0; p < n; ++p) {
    goro::go([&] {
      wg.wait();
      for (const int d : data) {
        use(d);
      }
      done.send(true);
    });
  }
  for (std::size_t p = 0; p < n; ++p) {
    done.recv();
  }
}
RACE(WaitGroup2) {
  auto& x = leaked(0);
  goro::wait_group wg;
  wg.add(2);
  for (const int value : {1, 2}) {
    goro::go([&, value] {
      x = value;
      wg.done();
    });
  }
  wg.wait();
}
NO_RACE(WaitGroupPanicRecover) {
  auto& x = leaked(0);
  auto& wg = *new goro::wait_group;
  try {
    x = 1;
    wg.add(-1);
  } catch (const goro::panic_error&) {
    x = 2;
  }
}
NO_RACE(WaitGroupPanicRecover2) {
  auto& x = leaked(0);
  auto& wg = *new goro::wait_group;
  auto& ch = channel<bool>(1);
  goro::go([&] {
    try {
      x = 1;
      wg.add(-1);
    } catch (const goro::panic_error&) {
      goro::go([&] {
        x = 2;
        ch.send(true);
      });
    }
  });
  ch.recv();
}
NO_RACE(WaitGroupTransitive) {
  auto &x = leaked(0), &y = leaked(0);
  goro::wait_group wg;
  wg.add(2);
  goro::go([&] {
    x = 42;
    wg.done();
  });
  goro::go([&] {
    goro::sleep(10ms);
    y = 42;
    wg.done();
  });
  wg.wait();
  use(x);
  use(y);
}
NO_RACE(WaitGroupReuse) {
  constexpr std::size_t n = 3;
  auto& data = leaked(std::array<int, n>{});
  goro::wait_group wg;
  for (int round = 0; round < 3; ++round) {
    wg.add(n);
    for (std::size_t p = 0; p < n; ++p) {
      goro::go([&, p] {
        data[p]++;
        wg.done();
      });
    }
    wg.wait();
    for (int& d : data) {
      d++;
    }
  }
}
NO_RACE(WaitGroupReuse2) {
  constexpr std::size_t n = 3;
  auto& data = leaked(std::array<int, n>{});
  goro::wait_group wg;
  for (int round = 0; round < 3; ++round) {
    wg.add(n);
    for (std::size_t p = 0; p < n; ++p) {
      goro::go([&, p] {
        data[p]++;
        wg.done();
      });
    }
    auto& done = channel<bool>();
    goro::go([&] {
      wg.wait();
      for (int& d : data) {
        d++;
      }
      done.send(true);
    });
    wg.wait();
    done.recv();
    for (int& d : data) {
      d++;
    }
  }
}
TIMED_RACE(WaitGroupReuse) {
  constexpr std::size_t n = 3;
  auto& done = channel<bool>(3);
  auto& wg = *new goro::wait_group;
  for (int round = 0; round < 3; ++round) {
    auto& data = leaked(std::array<int, n>{});
    wg.add(n);
    for (std::size_t p = 0; p < n; ++p) {
      goro::go([&, p] {
        goro::sleep(10ms);
        data[p]++;
        wg.done();
      });
    }
    goro::go([&] {
      wg.wait();
      for (int& d : data) {
        d++;
      }
      done.send(true);
    });
    goro::sleep(20ms);
    wg.wait();
  }
  for (int round = 0; round < 3; ++round) {
    done.recv();
  }
}
NO_RACE(WaitGroupConcurrentAdd) {
  auto& waiting = channel<bool>(4);
  auto& wg = *new goro::wait_group;
  for (int p = 0; p < 4; ++p) {
    goro::go([&] {
      wg.add(1);
      waiting.send(true);
      wg.done();
    });
  }
  for (int p = 0; p < 4; ++p) {
    waiting.recv();
  }
  wg.wait();
}

// sync_test.go --------------------------------------------------------------------------------------------------------

NO_RACE(Cond) {
  auto &x = leaked(0), &condition = leaked(0);
  auto& mu = *new goro::mutex;
  auto& cond = *new goro::condition_variable;
  goro::go([&] {
    x = 1;
    mu.lock();
    condition = 1;
    cond.notify_one();
    mu.unlock();
  });
  std::unique_lock lock(mu);
  while (condition != 1) {
    cond.wait(lock);
  }
  lock.unlock();
  x = 2;
}
TIMED_RACE(Cond) {
  auto &x = leaked(0), &condition = leaked(0);
  auto& mu = *new goro::mutex;
  auto& cond = *new goro::condition_variable;
  auto& done = channel<bool>();
  goro::go([&] {
    goro::sleep(10ms);
    x = 1;
    mu.lock();
    condition = 1;
    cond.notify_one();
    mu.unlock();
    goro::sleep(10ms);
    mu.lock();
    x = 3;
    mu.unlock();
    done.send(true);
  });
  std::unique_lock lock(mu);
  while (condition != 1) {
    cond.wait(lock);
  }
  lock.unlock();
  x = 2;
  done.recv();
}
RACE(AnnounceThreads) {
  constexpr int n = 7;
  auto& all_done = channel<bool>(n);
  auto& x = leaked(0);
  static const auto simple = [&x, &all_done] {
    x = 1;
    all_done.send(true);
  };
  static const auto g = [&all_done] {
    for (int i = 0; i < 2; ++i) {
      goro::go(simple);
      all_done.send(true);
    }
  };
  static const auto f = [&x, &all_done] {
    x = 1;
    goro::go(g);
    goro::go(simple);
    x = 2;
    all_done.send(true);
  };
  goro::go([&] {
    x = 1;
    x = 2;
    goro::go(f);
    all_done.send(true);
  });
  for (int i = 0; i < n; ++i) {
    all_done.recv();
  }
}
NO_RACE(AfterFunc1) {
  auto& i = leaked(2);
  auto& c = channel<bool>();
  auto& f = leaked(std::function<void()>());
  f = [&] {
    if (--i >= 0) {
      goro::after_func(0ms, [&] { f(); });
    } else {
      c.send(true);
    }
  };
  goro::after_func(0ms, [&] { f(); });
  c.recv();
}
NO_RACE(AfterFunc2) {
  auto& x = leaked(0);
  goro::timer timer = goro::after_func(10ns, writes(x, 1));
  timer.stop();
}
NO_RACE(AfterFunc3) {
  auto& x = leaked(0);
  auto& c = channel<bool>(1);
  goro::after_func(10ms, [&] {
    x = 1;
    c.send(true);
  });
  c.recv();
}
RACE(AfterFunc3) {
  auto& x = leaked(0);
  auto& c = channel<bool>(2);
  for (const int delay : {1, 2}) {
    goro::after_func(10ms * delay, [&, delay] {
      x = delay;
      c.send(true);
    });
  }
  c.recv();
  c.recv();
}
RACE(GoroutineCreationStack) {
  auto& x = leaked(0);
  auto& ch = channel<bool>(1);
  static const auto f1 = [&x, &ch] {
    x = 1;
    ch.send(true);
  };
  static const auto f2 = [] { goro::go(f1); };
  static const auto f3 = [] { goro::go(f2); };
  static const auto f4 = [] { goro::go(f3); };
  goro::go(f4);
  x = 2;
  ch.recv();
}

// mutex_test.go -------------------------------------------------------------------------------------------------------

NO_RACE(Mutex) {
  auto& mu = *new goro::mutex;
  auto& x = leaked<short>(0);
  const auto locked = [&](short value) {
    return [&, value] {
      const std::lock_guard lock(mu);
      x = value;
    };
  };
  both(locked(1), locked(2));
}
RACE(Mutex) {
  auto& mu = *new goro::mutex;
  auto& x = leaked<short>(0);
  const auto before = [&](short value) {
    return [&, value] {
      x = value;
      const std::lock_guard lock(mu);
    };
  };
  // The first keeps the lock while it sends, so that they are not ordered by it.
  auto& ch = channel<bool>(2);
  goro::go([&] {
    x = 1;
    const std::lock_guard lock(mu);
    ch.send(true);
  });
  goro::go([&, second = before(2)] {
    second();
    ch.send(true);
  });
  ch.recv();
  ch.recv();
}
RACE(Mutex2) {
  auto &mu1 = *new goro::mutex, &mu2 = *new goro::mutex;
  auto& x = leaked<char>(0);
  both(
      [&] {
        const std::lock_guard lock(mu1);
        x = 1;
      },
      [&] {
        const std::lock_guard lock(mu2);
        x = 2;
      });
}
NO_RACE(MutexPureHappensBefore) {
  auto& mu = *new goro::mutex;
  auto& x = leaked<short>(0);
  auto& written = leaked(false);
  both(
      [&] {
        x = 1;
        const std::lock_guard lock(mu);
        written = true;
      },
      [&] {
        goro::sleep(100us);
        mu.lock();
        while (!written) {
          mu.unlock();
          goro::sleep(100us);
          mu.lock();
        }
        mu.unlock();
        x = 1;
      });
}
NO_RACE(MutexSemaphore) {
  auto& mu = *new goro::mutex;
  auto& x = leaked(0);
  mu.lock();
  both(
      [&] {
        x = 1;
        mu.unlock();
      },
      [&] {
        mu.lock();
        x = 2;
        mu.unlock();
      });
}
NO_RACE(MutexExampleFromHtml) {
  auto& mu = *new goro::mutex;
  auto& a = leaked(0);
  mu.lock();
  goro::go([&] {
    a = 1;
    mu.unlock();
  });
  mu.lock();
  use(a);
}
RACE(MutexOverwrite) {
  auto* place = new std::array<long, sizeof(goro::mutex)>{};
  auto* mu = new (static_cast<void*>(place)) goro::mutex;
  beside([=] { new (static_cast<void*>(place)) goro::mutex; }, [=] { mu->lock(); });
}

// rwmutex_test.go -----------------------------------------------------------------------------------------------------

RACE(MutexRWMutex) {
  auto& mu1 = *new goro::mutex;
  auto& mu2 = *new goro::shared_mutex;
  auto& x = leaked<short>(0);
  both(
      [&] {
        const std::lock_guard lock(mu1);
        x = 1;
      },
      [&] {
        const std::lock_guard lock(mu2);
        x = 2;
      });
}
NO_RACE(RWMutex) {
  auto& mu = *new goro::shared_mutex;
  auto &x = leaked(0L), &y = leaked(1L);
  both(
      [&] {
        const std::lock_guard lock(mu);
        x = 2;
      },
      [&] {
        const std::shared_lock lock(mu);
        y = x;
      });
}
namespace {
template <class Reader>
void three_readers(Reader reader) {
  auto& mu = *new goro::shared_mutex;
  auto& x = leaked(0L);
  auto& ch = channel<bool>(4);
  goro::go([&] {
    const std::lock_guard lock(mu);
    x = 2;
    ch.send(true);
  });
  for (int i = 1; i <= 3; ++i) {
    goro::go([&, i] {
      mu.lock_shared();
      reader(x + i);
      mu.unlock_shared();
      ch.send(true);
    });
  }
  for (int i = 0; i < 4; ++i) {
    ch.recv();
  }
}
}  // namespace
RACE(RWMutexMultipleReaders) {
  auto& y = leaked(1L);
  three_readers([&](long value) { y = value; });
}
NO_RACE(RWMutexMultipleReaders) {
  three_readers([](long value) { use(value); });
}
NO_RACE(RWMutexTransitive) {
  auto& mu = *new goro::shared_mutex;
  auto& x = leaked(0L);
  auto& ch = channel<bool>(2);
  for (const int delay : {0, 10}) {
    goro::go([&, delay] {
      goro::sleep(std::chrono::milliseconds(delay));
      mu.lock_shared();
      use(x);
      mu.unlock_shared();
      ch.send(true);
    });
  }
  goro::sleep(20ms);
  mu.lock();
  x = 42;
  mu.unlock();
  ch.recv();
  ch.recv();
}

// atomic_test.go ------------------------------------------------------------------------------------------------------

namespace {
template <class Counter>
void two_counters(Counter last) {
  auto &x1 = leaked<char>(0), &x2 = leaked<char>(0);
  auto& s = *new std::atomic<Counter>(0);
  both(
      [&, last] {
        x1 = 1;
        if (++s == last) {
          x2 = 1;
        }
      },
      [&, last] {
        x2 = 1;
        if (++s == last) {
          x1 = 1;
        }
      });
}
// A goroutine writes and announces, the caller looks until it sees it.
template <class Counter, class Announce, class Look>
void announced(Announce announce, Look look) {
  auto& x = leaked(0L);
  auto& s = *new std::atomic<Counter>(0);
  goro::go([&, announce] {
    x = 2;
    announce(s);
  });
  while (!look(s)) {
    goro::yield();
  }
  x = 1;
}
template <class Counter>
bool swap_values(std::atomic<Counter>& s, Counter from, Counter to) {
  return s.compare_exchange_strong(from, to);
}
}  // namespace

NO_RACE(AtomicAddInt64) { two_counters<std::int64_t>(2); }
RACE(AtomicAddInt64) { two_counters<std::int64_t>(1); }
NO_RACE(AtomicAddInt32) { two_counters<std::int32_t>(2); }
NO_RACE(AtomicLoadAddInt32) {
  announced<int>([](auto& s) { ++s; }, [](auto& s) { return s.load() == 1; });
}
NO_RACE(AtomicLoadStoreInt32) {
  announced<int>([](auto& s) { s.store(1); }, [](auto& s) { return s.load() == 1; });
}
NO_RACE(AtomicStoreCASInt32) {
  announced<int>([](auto& s) { s.store(1); }, [](auto& s) { return swap_values(s, 1, 0); });
}
NO_RACE(AtomicCASLoadInt32) {
  announced<int>([](auto& s) { swap_values(s, 0, 1); }, [](auto& s) { return s.load() == 1; });
}
NO_RACE(AtomicCASCASInt32) {
  announced<int>([](auto& s) { swap_values(s, 0, 1); }, [](auto& s) { return swap_values(s, 1, 0); });
}
NO_RACE(AtomicCASCASInt32_2) {
  auto &x1 = leaked<char>(0), &x2 = leaked<char>(0);
  auto& s = *new std::atomic<int>(0);
  const auto part = [&s](char& own, char& other) {
    return [&] {
      own = 1;
      if (!swap_values(s, 0, 1)) {
        other = 1;
      }
    };
  };
  both(part(x1, x2), part(x2, x1));
}
NO_RACE(AtomicLoadInt64) {
  announced<std::int64_t>([](auto& s) { ++s; }, [](auto& s) { return s.load() == 1; });
}
NO_RACE(AtomicCASCASUInt64) {
  announced<std::uint64_t>([](auto& s) { swap_values<std::uint64_t>(s, 0, 1); },
                           [](auto& s) { return swap_values<std::uint64_t>(s, 1, 0); });
}
NO_RACE(AtomicLoadStorePointer) {
  static int y = 2;
  announced<int*>([](auto& s) { s.store(&y); }, [](auto& s) { return s.load() == &y; });
}
NO_RACE(AtomicStoreCASUint64) {
  announced<std::uint64_t>([](auto& s) { s.store(1); }, [](auto& s) { return swap_values<std::uint64_t>(s, 1, 0); });
}
RACE(AtomicStoreLoad) {
  auto& a = leaked<std::uint64_t>(0);
  beside([&] { std::atomic_ref(a).store(1); }, [&] { use(a); });
}
RACE(AtomicLoadStore) {
  auto& a = leaked<std::uint64_t>(0);
  beside([&] { use(std::atomic_ref(a).load()); }, [&] { a = 1; });
}
RACE(AtomicAddLoad) {
  auto& a = leaked<std::uint64_t>(0);
  beside([&] { std::atomic_ref(a).fetch_add(1); }, [&] { use(a); });
}
RACE(AtomicAddStore) {
  auto& a = leaked<std::uint64_t>(0);
  beside([&] { std::atomic_ref(a).fetch_add(1); }, [&] { a = 42; });
}
NO_RACE(DeferAtomicStore) {
  struct fork {
    static void run(std::atomic<std::int64_t>& bar, int depth) {
      bar.store(1);
      const goro::defer last([&] { bar.store(0); });
      for (int i = 0; depth > 0 && i < 2; ++i) {
        goro::go([depth] { run(*new std::atomic<std::int64_t>(0), depth - 1); });
      }
    }
  };
  fork::run(*new std::atomic<std::int64_t>(0), 8);
}

// pool_test.go --------------------------------------------------------------------------------------------------------

RACE(Pool) {
  for (int i = 0; i < 20; ++i) {
    auto& p = *new goro::pool<std::shared_ptr<char>>([] { return std::shared_ptr<char>(new char(0)); });
    char* x = nullptr;
    {
      auto got = p.get();
      x = got.get();
      leaked(got);
      *x = 1;
      p.put(std::move(got));
    }
    beside([&] { *p.get() = 2; }, [=] { *x = 3; });
  }
}
NO_RACE(Pool) {
  for (int i = 0; i < 10; ++i) {
    auto& p = *new goro::pool<std::unique_ptr<char>>([] { return std::make_unique<char>('\0'); });
    auto x = p.get();
    *x = 1;
    p.put(std::move(x));
    goro::go([&] {
      auto y = p.get();
      *y = 2;
      p.put(std::move(y));
    });
    goro::sleep(1ms);
    x = p.get();
    *x = 3;
  }
}

// time_test.go --------------------------------------------------------------------------------------------------------

NO_RACE(AfterFunc) {
  auto& v = leaked(0);
  auto& c = channel<int>();
  v = 2;
  goro::after_func(1ns, [&] {
    v = 1;
    c.send(0);
  });
  c.recv();
  v = 3;
}
NO_RACE(AfterFuncReset) {
  auto& v = leaked(0);
  auto& c = channel<int>();
  goro::timer t = goro::after_func(1h, [&] {
    v = 1;
    c.send(0);
  });
  t.stop();
  v = 2;
  t.reset(1ns);
  c.recv();
  v = 3;
}
namespace {
template <class Clock>
void wait_for_clock(Clock clock) {
  auto& v = leaked(0);
  auto& c = channel<int>();
  v = 2;
  auto& t = *new Clock(std::move(clock));
  goro::go([&] {
    t.c().recv();
    v = 1;
    c.send(0);
  });
  c.recv();
  v = 3;
}
template <class Clock>
void reset_clock(Clock clock) {
  auto& v = leaked(0);
  auto& c = channel<int>();
  auto& t = *new Clock(std::move(clock));
  goro::go([&] {
    t.c().recv();
    v = 1;
    c.send(0);
  });
  t.stop();
  v = 2;
  t.reset(1ns);
  c.recv();
  v = 3;
}
}  // namespace
NO_RACE(Timer) { wait_for_clock(goro::timer(1ns)); }
NO_RACE(TimerReset) { reset_clock(goro::timer(1h)); }
NO_RACE(Ticker) { wait_for_clock(goro::ticker(1us)); }
NO_RACE(TickerReset) { reset_clock(goro::ticker(1h)); }
}  // namespace race_cases
