// Many deadlines at once, and waits whose deadline races with the wake.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <thread>

#include "goro/condition_variable.hpp"
#include "goro/mutex.hpp"
#include "goro/semaphore.hpp"
#include "goro/wait_group.hpp"
#include "stress.hpp"

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr int sleepers = stress::by_build(1000, 400, 150);
constexpr int racers = stress::by_build(32, 16, 10);
constexpr int turns = stress::by_build(60, 30, 15);

// Nobody wakes early, whatever order the deadlines come in.
void sleep_storm(long round) {
  goro::wait_group group;
  for (int i = 0; i < sleepers; ++i) {
    group.go([i, round] {
      stress::dice dice(static_cast<std::uint64_t>(round * sleepers + i));
      for (int turn = 0; turn < 3; ++turn) {
        const auto wanted = std::chrono::microseconds(dice.below(2000));
        const auto before = clock::now();
        goro::sleep(wanted);
        stress::expect(clock::now() - before >= wanted, "a sleep ended early");
      }
    });
  }
  group.wait();
  stress::progress();
}

// Units given and units taken must agree, however many waits end just when their unit comes.
void semaphore_race(long round) {
  goro::semaphore free(racers);
  free.acquire(racers);
  std::atomic<long> taken{0};
  std::atomic<int> running{racers};
  goro::wait_group group;
  for (int i = 0; i < racers; ++i) {
    group.go([&, i, round] {
      stress::dice dice(static_cast<std::uint64_t>(round * racers + i));
      for (int turn = 0; turn < turns; ++turn) {
        if (free.try_acquire_for(std::chrono::microseconds(dice.below(60)))) {
          ++taken;
        }
      }
      --running;
    });
  }
  // The giver holds back what is not yet taken, so that it never gives more than there are.
  long given = 0;
  while (running != 0) {
    if (given - taken < racers) {
      free.release();
      ++given;
    }
    if (given % 4 == 0) {
      goro::sleep(20us);
    } else {
      goro::yield();
    }
  }
  group.wait();
  long left = 0;
  while (free.try_acquire()) {
    ++left;
  }
  stress::expect_equal(taken + left, given, "units taken and left");
  stress::progress();
}

// Timed locks, by goroutines and a thread, against plain ones.
void mutex_race(long round) {
  goro::mutex m;
  long counter = 0;
  std::atomic<long> got{0};
  const auto race = [&, round](int number) {
    stress::dice dice(static_cast<std::uint64_t>(round * racers + number));
    for (int turn = 0; turn < turns; ++turn) {
      if (number % 3 == 0) {
        m.lock();
      } else if (!m.try_lock_for(std::chrono::microseconds(dice.below(200)))) {
        continue;
      }
      ++counter;
      ++got;
      if (dice.below(8) == 0) {
        goro::sleep(std::chrono::microseconds(dice.below(40)));
      }
      m.unlock();
    }
  };
  goro::wait_group group;
  for (int i = 0; i < racers; ++i) {
    group.go([&race, i] { race(i); });
  }
  std::thread foreign(race, racers + 1);
  group.wait();
  goro::blocking([&] { foreign.join(); });
  stress::expect_equal(counter, got.load(), "count behind a timed mutex");
  stress::expect(m.try_lock(), "the mutex was left locked");
  m.unlock();
  stress::progress();
}

// A notification reaches somebody even if the first in the queue gives up at this moment: nobody stays behind.
void condition_race(long round) {
  goro::mutex m;
  goro::condition_variable changed;
  long items = 0;
  long consumed = 0;
  const long wanted = long{racers} * turns;
  goro::wait_group group;
  for (int i = 0; i < racers; ++i) {
    group.go([&, i, round] {
      stress::dice dice(static_cast<std::uint64_t>(round * racers + i));
      std::unique_lock lock(m);
      while (consumed < wanted) {
        const bool timed = i % 2 == 0;
        const auto ready = [&] { return items > 0 || consumed == wanted; };
        if (timed) {
          changed.wait_for(lock, std::chrono::microseconds(dice.below(50)));
          if (!ready()) {
            continue;
          }
        } else {
          changed.wait(lock, ready);
        }
        if (items > 0) {
          --items;
          ++consumed;
        }
      }
      changed.notify_all();
    });
  }
  for (long produced = 0; produced < wanted; ++produced) {
    {
      const std::lock_guard hold(m);
      ++items;
    }
    changed.notify_one();
    if (produced % 16 == 0) {
      goro::yield();
    }
  }
  group.wait();
  stress::expect_equal(consumed, wanted, "items consumed");
}

}  // namespace

int main(int argc, char** argv) {
  return stress::play(argc, argv, "timers", 5, [](long round) {
    sleep_storm(round);
    semaphore_race(round);
    mutex_race(round);
    condition_race(round);
  });
}
