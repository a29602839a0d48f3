// What does it cost to go through the scheduler and come back?
#include <sched.h>

#include <thread>
#include <vector>

#include "bench.hpp"

namespace {

// range(1) goroutines that do nothing but yield, for as many yields as the benchmark wants.
void yield_among(benchmark::State& state) {
  bench::use_processors(state);
  const auto goroutines = static_cast<int>(state.range(1));
  constexpr int yields = 1000;
  for (auto _ : state) {
    goro::wait_group done;
    for (int i = 0; i < goroutines; ++i) {
      done.go([] {
        for (int k = 0; k < yields; ++k) {
          goro::yield();
        }
      });
    }
    done.wait();
  }
  state.SetItemsProcessed(state.iterations() * goroutines * yields);
}
BENCHMARK(yield_among)->ArgsProduct({{1, 2}, {2, 100, 10'000}})->UseRealTime();

// The peer: two threads on one CPU.
void threads_yield(benchmark::State& state) {
  constexpr int yields = 10'000;
  goro::blocking([&] {
    for (auto _ : state) {
      std::vector<std::thread> threads;
      for (int t = 0; t < 2; ++t) {
        threads.emplace_back([] {
          cpu_set_t first;
          CPU_ZERO(&first);
          CPU_SET(0, &first);
          sched_setaffinity(0, sizeof first, &first);
          for (int k = 0; k < yields; ++k) {
            std::this_thread::yield();
          }
        });
      }
      for (std::thread& t : threads) {
        t.join();
      }
    }
  });
  state.SetItemsProcessed(state.iterations() * 2 * yields);
}
BENCHMARK(threads_yield)->UseRealTime();

}  // namespace

GORO_BENCHMARK_MAIN()
