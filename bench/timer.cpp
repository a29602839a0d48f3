// What does a timer cost: to start, stop and move it, alone and beside a million others, and to have it end?
#include <chrono>
#include <vector>

#include "bench.hpp"

namespace {

using namespace std::chrono_literals;

void new_and_stop(benchmark::State& state) {
  bench::use_processors(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(goro::timer(1h).stop());
  }
}
GORO_BENCHMARK(new_and_stop);

void after_func_and_stop(benchmark::State& state) {
  bench::use_processors(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(goro::after_func(1h, [] {}).stop());
  }
}
GORO_BENCHMARK(after_func_and_stop);

void reset(benchmark::State& state) {
  bench::use_processors(state);
  const goro::timer timer(1h);
  for (auto _ : state) {
    benchmark::DoNotOptimize(timer.reset(1h));
  }
}
GORO_BENCHMARK(reset);

// Others alive, with random ends.
std::vector<goro::timer> timers_alive(std::size_t count) {
  std::vector<goro::timer> alive;
  alive.reserve(count);
  std::uint64_t seed = 1;
  for (std::size_t i = 0; i < count; ++i) {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    alive.emplace_back(1h + std::chrono::milliseconds(seed >> 40));
  }
  return alive;
}

void new_and_stop_beside_a_million(benchmark::State& state) {
  bench::use_processors(state);
  const auto alive = timers_alive(1'000'000);
  for (auto _ : state) {
    benchmark::DoNotOptimize(goro::timer(1h).stop());
  }
}
GORO_BENCHMARK(new_and_stop_beside_a_million);

// Each of a million is moved in turn: the state of a server with a million connections.
void reset_one_of_a_million(benchmark::State& state) {
  bench::use_processors(state);
  const auto alive = timers_alive(1'000'000);
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(alive[i].reset(5h));
    i = (i + 7919) % alive.size();
  }
}
GORO_BENCHMARK(reset_one_of_a_million);

void replace_one_of_a_million(benchmark::State& state) {
  bench::use_processors(state);
  auto alive = timers_alive(1'000'000);
  std::size_t i = 0;
  for (auto _ : state) {
    alive[i].stop();
    alive[i] = goro::timer(1h);
    i = (i + 7919) % alive.size();
  }
}
GORO_BENCHMARK(replace_one_of_a_million);

void after_at_once(benchmark::State& state) {
  bench::use_processors(state);
  for (auto _ : state) {
    goro::after(1ns).recv();
  }
}
GORO_BENCHMARK(after_at_once);

void after_func_at_once_by_1000(benchmark::State& state) {
  bench::use_processors(state);
  for (auto _ : state) {
    goro::wait_group group;
    group.add(1000);
    for (int i = 0; i < 1000; ++i) {
      goro::after_func(0s, [&group] { group.done(); });
    }
    group.wait();
  }
  state.SetItemsProcessed(state.iterations() * 1000);
}
GORO_BENCHMARK(after_func_at_once_by_1000);

void tick_every_nanosecond(benchmark::State& state) {
  bench::use_processors(state);
  const goro::ticker ticker(1ns);
  for (auto _ : state) {
    ticker.c().recv();
  }
}
GORO_BENCHMARK(tick_every_nanosecond);

}  // namespace

GORO_BENCHMARK_MAIN()
