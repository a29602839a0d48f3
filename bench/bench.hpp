// What all benchmarks share: they run inside the main goroutine, each with the number of processors that its first argument says.
#pragma once

#include <benchmark/benchmark.h>

#include "goro/goro.hpp"

namespace bench {

// Sets the number of processors for one benchmark and the warm state that the figures are about.
inline void use_processors(benchmark::State& state) {
  goro::gomaxprocs(static_cast<int>(state.range(0)));
  state.SetLabel("P=" + std::to_string(state.range(0)));
}

inline int run(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
    return 2;
  }
  return goro::run([] {
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
  });
}

}  // namespace bench

// Registers `function` for one and for two processors.
#define GORO_BENCHMARK(function) BENCHMARK(function)->Arg(1)->Arg(2)->UseRealTime()

#define GORO_BENCHMARK_MAIN() \
  int main(int argc, char** argv) { return bench::run(argc, argv); }
