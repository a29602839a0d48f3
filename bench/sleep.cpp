// What does a sleep cost, and how late is it?
#include <chrono>

#include "bench.hpp"

namespace {

using namespace std::chrono_literals;

// The time beyond 50 µs is what it is late.
void sleep_50us(benchmark::State& state) {
  bench::use_processors(state);
  for (auto _ : state) {
    goro::sleep(50us);
  }
}
GORO_BENCHMARK(sleep_50us);

void sleeps_of_10ms_by_100000(benchmark::State& state) {
  bench::use_processors(state);
  for (auto _ : state) {
    goro::wait_group done;
    for (int i = 0; i < 100'000; ++i) {
      done.go([] {
        for (int k = 0; k < 10; ++k) {
          goro::sleep(10ms);
        }
      });
    }
    done.wait();
  }
}
GORO_BENCHMARK(sleeps_of_10ms_by_100000)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();

}  // namespace

GORO_BENCHMARK_MAIN()
