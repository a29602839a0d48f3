// What does it cost to wake a parked goroutine: on the same processor, on another, many at once?
#include <condition_variable>
#include <mutex>
#include <thread>

#include "bench.hpp"

namespace {

// Two parties that hand a turn to each other.
template <class Mutex, class Condition>
struct table {
  Mutex m;
  Condition changed;
  int turn = 0;

  void play(int me, int rounds) {
    for (int i = 0; i < rounds; ++i) {
      std::unique_lock hold(m);
      changed.wait(hold, [&] { return turn == me; });
      turn = 1 - me;
      changed.notify_one();
    }
  }
};

constexpr int rounds = 10'000;

void condition_ping_pong(benchmark::State& state) {
  bench::use_processors(state);
  for (auto _ : state) {
    table<goro::mutex, goro::condition_variable> t;
    goro::wait_group done;
    done.go([&] { t.play(0, rounds); });
    done.go([&] { t.play(1, rounds); });
    done.wait();
  }
  state.SetItemsProcessed(state.iterations() * rounds);
}
GORO_BENCHMARK(condition_ping_pong);

void condition_ping_pong_threads(benchmark::State& state) {
  goro::blocking([&] {
    for (auto _ : state) {
      table<std::mutex, std::condition_variable> t;
      std::thread other([&] { t.play(0, rounds); });
      t.play(1, rounds);
      other.join();
    }
  });
  state.SetItemsProcessed(state.iterations() * rounds);
}
BENCHMARK(condition_ping_pong_threads)->UseRealTime();

void semaphore_ping_pong(benchmark::State& state) {
  bench::use_processors(state);
  for (auto _ : state) {
    goro::semaphore ping(2);
    goro::semaphore pong(2);
    ping.acquire(2);
    pong.acquire(2);
    goro::wait_group done;
    done.go([&] {
      for (int i = 0; i < rounds; ++i) {
        ping.release();
        pong.acquire();
      }
    });
    done.go([&] {
      for (int i = 0; i < rounds; ++i) {
        ping.acquire();
        pong.release();
      }
    });
    done.wait();
  }
  state.SetItemsProcessed(state.iterations() * rounds);
}
GORO_BENCHMARK(semaphore_ping_pong);

// From a foreign thread: the wake crosses threads for sure.
void wake_from_foreign_thread(benchmark::State& state) {
  bench::use_processors(state);
  for (auto _ : state) {
    goro::semaphore ping(2);
    goro::semaphore pong(2);
    ping.acquire(2);
    pong.acquire(2);
    goro::wait_group done;
    done.go([&] {
      for (int i = 0; i < rounds / 10; ++i) {
        ping.acquire();
        pong.release();
      }
    });
    goro::blocking([&] {
      std::thread foreign([&] {
        for (int i = 0; i < rounds / 10; ++i) {
          ping.release();
          pong.acquire();
        }
      });
      foreign.join();
    });
    done.wait();
  }
  state.SetItemsProcessed(state.iterations() * (rounds / 10));
}
GORO_BENCHMARK(wake_from_foreign_thread);

// range(1) goroutines parked in one wait_group, woken by one done().
void wait_group_wakes_many(benchmark::State& state) {
  bench::use_processors(state);
  const auto waiters = static_cast<int>(state.range(1));
  for (auto _ : state) {
    goro::wait_group gate;
    goro::wait_group done;
    gate.add(1);
    for (int i = 0; i < waiters; ++i) {
      done.go([&] { gate.wait(); });
    }
    goro::yield();
    gate.done();
    done.wait();
  }
  state.SetItemsProcessed(state.iterations() * waiters);
}
BENCHMARK(wait_group_wakes_many)->ArgsProduct({{1, 2}, {1, 1000}})->UseRealTime();

}  // namespace

GORO_BENCHMARK_MAIN()
