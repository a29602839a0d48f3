// How long does a goroutine wait for its turn beside others that never call goro? One processor; a goroutine wants to run every
// millisecond, beside loops that call nothing, and beside reads that block the thread and are not enclosed in blocking().
// The counters are the time from one turn to the next: as little over a millisecond as can be.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <vector>

#include "bench.hpp"

namespace {

using namespace std::chrono_literals;

using milliseconds = std::chrono::duration<double, std::milli>;

std::vector<double> gaps_between_turns(int turns) {
  std::vector<double> gaps;
  auto last = std::chrono::steady_clock::now();
  for (int i = 0; i < turns; ++i) {
    goro::sleep(1ms);
    const auto now = std::chrono::steady_clock::now();
    gaps.push_back(milliseconds(now - last).count());
    last = now;
  }
  std::sort(gaps.begin(), gaps.end());
  return gaps;
}

void report(benchmark::State& state, const std::vector<double>& gaps) {
  state.counters["median_ms"] = gaps[gaps.size() / 2];
  state.counters["p99_ms"] = gaps[gaps.size() * 99 / 100];
  state.counters["max_ms"] = gaps.back();
}

void beside_loops(benchmark::State& state) {
  goro::gomaxprocs(1);
  for (auto _ : state) {
    std::atomic<bool> stop{false};
    goro::wait_group loops;
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      loops.go([&] {
        while (!stop.load(std::memory_order_relaxed)) {
        }
      });
    }
    report(state, gaps_between_turns(500));
    stop = true;
    loops.wait();
  }
}
BENCHMARK(beside_loops)->Arg(1)->Arg(4)->Arg(16)->Iterations(1)->Unit(benchmark::kMillisecond);

void beside_blocked_reads(benchmark::State& state) {
  goro::gomaxprocs(1);
  for (auto _ : state) {
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) {
      state.SkipWithError("no pipe");
      return;
    }
    goro::wait_group reads;
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      reads.go([&] {
        char byte = 0;
        benchmark::DoNotOptimize(::read(pipe[0], &byte, 1));
      });
    }
    report(state, gaps_between_turns(500));
    ::close(pipe[1]);  // the reads see the end
    reads.wait();
    ::close(pipe[0]);
  }
}
BENCHMARK(beside_blocked_reads)->Arg(1)->Arg(16)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace

GORO_BENCHMARK_MAIN()
