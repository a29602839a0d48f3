// What does a stack cost: taken hot, taken new, and given back to the system?
#include <vector>

#include <benchmark/benchmark.h>

#include "stack/stack.hpp"

namespace {

using namespace goro::stack;

void take_and_give_back(benchmark::State& state) {
  for (auto _ : state) {
    give_back(take(default_class));
  }
}
BENCHMARK(take_and_give_back);

void take_and_give_back_32(benchmark::State& state) {
  std::byte* bases[32];
  for (auto _ : state) {
    give_back_many(default_class, bases, take_many(default_class, bases, 32));
  }
  state.SetItemsProcessed(state.iterations() * 32);
}
BENCHMARK(take_and_give_back_32);

void through_the_cache(benchmark::State& state) {
  stack_cache cache;
  for (auto _ : state) {
    cache.push(cache.pop());
    benchmark::ClobberMemory();
  }
  cache.clear();
}
BENCHMARK(through_the_cache);

constexpr std::size_t spike = 20'000;

// The stages of a spike, each timed alone.
enum stage { taking, touching, giving, scavenging };
void spike_stage(benchmark::State& state) {
  std::vector<std::byte*> bases(spike);
  for (auto _ : state) {
    const auto timed = [&](stage s, auto work) {
      if (s == state.range(0)) {
        state.ResumeTiming();
        work();
        state.PauseTiming();
      } else {
        work();
      }
    };
    state.PauseTiming();
    timed(taking, [&] {
      for (std::size_t i = 0; i < spike; i += 32) {
        take_many(default_class, &bases[i], 32);
      }
    });
    timed(touching, [&] {
      for (std::byte* base : bases) {
        slot{base, default_class}.top()[-1] = std::byte{1};
      }
    });
    timed(giving, [&] { give_back_many(default_class, bases.data(), spike); });
    timed(scavenging, [&] {
      while (scavenge(1000)) {
      }
    });
    state.ResumeTiming();
  }
  constexpr const char* names[] = {"take, guarded", "touch", "give back", "scavenge"};
  state.SetLabel(names[state.range(0)]);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(spike));
}
BENCHMARK(spike_stage)->DenseRange(taking, scavenging)->Iterations(20)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
