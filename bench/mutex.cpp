// What does a mutex cost, alone and fought for?
#include <mutex>
#include <thread>
#include <vector>

#include "bench.hpp"

namespace {

template <class Mutex>
void uncontended(benchmark::State& state) {
  Mutex m;
  for (auto _ : state) {
    m.lock();
    benchmark::ClobberMemory();
    m.unlock();
  }
}
BENCHMARK(uncontended<goro::mutex>)->UseRealTime();
BENCHMARK(uncontended<std::mutex>)->UseRealTime();

constexpr int rounds = 10'000;
constexpr int fighters = 8;

void eight_goroutines(benchmark::State& state) {
  bench::use_processors(state);
  for (auto _ : state) {
    goro::mutex m;
    long shared = 0;
    goro::wait_group done;
    for (int i = 0; i < fighters; ++i) {
      done.go([&] {
        for (int k = 0; k < rounds; ++k) {
          const std::lock_guard hold(m);
          ++shared;
        }
      });
    }
    done.wait();
    if (shared != long{rounds} * fighters) {
      state.SkipWithError("lost updates");
    }
  }
  state.SetItemsProcessed(state.iterations() * fighters * rounds);
}
GORO_BENCHMARK(eight_goroutines);

void eight_threads_std_mutex(benchmark::State& state) {
  goro::blocking([&] {
    for (auto _ : state) {
      std::mutex m;
      long shared = 0;
      std::vector<std::thread> threads;
      for (int i = 0; i < fighters; ++i) {
        threads.emplace_back([&] {
          for (int k = 0; k < rounds; ++k) {
            const std::lock_guard hold(m);
            ++shared;
          }
        });
      }
      for (std::thread& t : threads) {
        t.join();
      }
    }
  });
  state.SetItemsProcessed(state.iterations() * fighters * rounds);
}
BENCHMARK(eight_threads_std_mutex)->UseRealTime();

}  // namespace

GORO_BENCHMARK_MAIN()
