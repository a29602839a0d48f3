// What does the heap of timers cost, as it grows?
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>

#include "timer/timer_heap.hpp"

namespace {

using goro::timers::entry;
using goro::timers::timer_heap;

class deadlines {
 public:
  std::int64_t next() {
    seed_ = seed_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::int64_t>(seed_ >> 24);
  }

 private:
  std::uint64_t seed_ = 1;
};

struct filled_heap {
  explicit filled_heap(std::int64_t size) : entries(static_cast<std::size_t>(size)) {
    for (entry& e : entries) {
      e.when = random.next();
      heap.insert(e);
    }
  }
  deadlines random;
  std::vector<entry> entries;
  timer_heap heap;
};

// One that never ends, as deadlines of calls do: it goes in and out again.
void insert_and_remove(benchmark::State& state) {
  filled_heap f(state.range(0));
  entry e;
  for (auto _ : state) {
    e.when = f.random.next();
    f.heap.insert(e);
    f.heap.remove(e);
  }
}
BENCHMARK(insert_and_remove)->RangeMultiplier(10)->Range(1, 1'000'000);

// The earliest ends, and another begins.
void replace_the_earliest(benchmark::State& state) {
  filled_heap f(state.range(0));
  for (auto _ : state) {
    entry& e = f.heap.front();
    f.heap.remove(e);
    e.when += f.random.next();
    f.heap.insert(e);
  }
}
BENCHMARK(replace_the_earliest)->RangeMultiplier(10)->Range(1, 1'000'000);

}  // namespace

BENCHMARK_MAIN();
