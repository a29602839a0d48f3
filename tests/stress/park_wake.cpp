// Parking and waking, as densely as possible, through each kind of waiting, by goroutines and foreign threads together.
#include <atomic>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "goro/condition_variable.hpp"
#include "goro/mutex.hpp"
#include "goro/semaphore.hpp"
#include "goro/wait_group.hpp"
#include "stress.hpp"

namespace {

constexpr int goroutines = stress::by_build(32, 16, 12);
constexpr int threads = 2;
constexpr int turns = stress::by_build(200, 100, 50);

// f(number) in every goroutine and thread at once; returns when all have ended.
template <class F>
void crowd(F f) {
  goro::wait_group ended;
  std::vector<std::thread> foreign;
  for (int i = 0; i < threads; ++i) {
    foreign.emplace_back(f, goroutines + i);
  }
  for (int i = 0; i < goroutines; ++i) {
    ended.go([&f, i] { f(i); });
  }
  ended.wait();
  goro::blocking([&] {
    for (auto& t : foreign) {
      t.join();
    }
  });
  stress::progress();
}

// A plain counter behind a mutex that is sometimes held across a yield.
void mutex_storm(long round) {
  goro::mutex m;
  long counter = 0;
  crowd([&, round](int number) {
    stress::dice dice(static_cast<std::uint64_t>(round * 1000 + number));
    for (int i = 0; i < turns; ++i) {
      const std::lock_guard hold(m);
      const long before = counter;
      if (dice.below(8) == 0) {
        goro::yield();
      }
      counter = before + 1;
    }
  });
  stress::expect_equal(counter, long{goroutines + threads} * turns, "count behind a mutex");
}

// A bounded buffer: half of the crowd puts, half takes; every value must come out once.
void condition_storm(long) {
  constexpr std::size_t capacity = 4;
  goro::mutex m;
  goro::condition_variable not_full;
  goro::condition_variable not_empty;
  std::vector<long> buffer;
  std::atomic<long> sum{0};
  crowd([&](int number) {
    long own = 0;
    for (int i = 0; i < turns; ++i) {
      std::unique_lock lock(m);
      if (number % 2 == 0) {
        not_full.wait(lock, [&] { return buffer.size() < capacity; });
        buffer.push_back(long{number} * turns + i);
        not_empty.notify_one();
      } else {
        not_empty.wait(lock, [&] { return !buffer.empty(); });
        own += buffer.back();
        buffer.pop_back();
        not_full.notify_one();
      }
    }
    sum += own;
  });
  long wanted = 0;
  for (int number = 0; number < goroutines + threads; number += 2) {
    for (int i = 0; i < turns; ++i) {
      wanted += long{number} * turns + i;
    }
  }
  stress::expect_equal(sum.load(), wanted, "sum of what went through the buffer");
}

// Everybody is notified at once, generation by generation.
void broadcast_storm(long) {
  constexpr int generations = turns / 5;
  goro::mutex m;
  goro::condition_variable turned;
  int arrived = 0;
  int generation = 0;
  crowd([&](int) {
    for (int i = 0; i < generations; ++i) {
      std::unique_lock lock(m);
      const int seen = generation;
      if (++arrived == goroutines + threads) {
        arrived = 0;
        ++generation;
        turned.notify_all();
      } else {
        turned.wait(lock, [&] { return generation != seen; });
      }
    }
  });
  stress::expect_equal(generation, generations, "generations");
}

// Weights up to the whole: never more in use than there is.
void semaphore_storm(long round) {
  constexpr long units = 5;
  goro::semaphore free(units);
  std::atomic<long> used{0};
  crowd([&, round](int number) {
    stress::dice dice(static_cast<std::uint64_t>(round * 1000 + number));
    for (int i = 0; i < turns; ++i) {
      const auto n = static_cast<long>(dice.below(units)) + 1;
      free.acquire(n);
      stress::expect(used.fetch_add(n) + n <= units, "more units in use than the semaphore has");
      if (dice.below(4) == 0) {
        goro::yield();
      }
      used.fetch_sub(n);
      free.release(n);
    }
  });
  stress::expect(free.try_acquire(units), "units are missing");
}

// A wait_group on the stack of the one that waits: destroyed as soon as it is released.
void wait_group_storm(long) {
  std::atomic<long> done{0};
  crowd([&](int) {
    for (int i = 0; i < turns / 10; ++i) {
      goro::wait_group group;
      long plain[4] = {};
      for (long& p : plain) {
        group.go([&p] { p = 1; });
      }
      group.wait();
      done += plain[0] + plain[1] + plain[2] + plain[3];
    }
  });
  stress::expect_equal(done.load(), long{goroutines + threads} * (turns / 10) * 4, "work that was waited for");
}

// Two by two, each woken by the other: every wake meets a partner that parks at this moment.
void ping_pong_storm(long) {
  struct table {
    goro::semaphore ball[2] = {goro::semaphore{1}, goro::semaphore{1}};
    long hits = 0;  // whoever has the ball may write
  };
  std::vector<table> tables((goroutines + threads) / 2);
  for (auto& t : tables) {
    t.ball[1].acquire();
  }
  crowd([&](int number) {
    table& t = tables[static_cast<std::size_t>(number / 2)];
    const int side = number % 2;
    for (int i = 0; i < turns; ++i) {
      t.ball[side].acquire();
      ++t.hits;
      t.ball[1 - side].release();
    }
  });
  for (auto& t : tables) {
    stress::expect_equal(t.hits, long{2} * turns, "hits");
  }
}

}  // namespace

int main(int argc, char** argv) {
  return stress::play(argc, argv, "park_wake", 5, [](long round) {
    mutex_storm(round);
    condition_storm(round);
    broadcast_storm(round);
    semaphore_storm(round);
    wait_group_storm(round);
    ping_pong_storm(round);
  });
}
