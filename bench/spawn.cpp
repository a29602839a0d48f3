// What does a goroutine cost from the go statement to its end?
#include <thread>

#include "bench.hpp"

namespace {

constexpr int batch = 1000;

void spawn_batch(benchmark::State& state) {
  bench::use_processors(state);
  for (auto _ : state) {
    goro::wait_group done;
    done.add(batch);
    for (int i = 0; i < batch; ++i) {
      goro::go([&done] { done.done(); });
    }
    done.wait();
  }
  state.SetItemsProcessed(state.iterations() * batch);
}
GORO_BENCHMARK(spawn_batch);

void spawn_million(benchmark::State& state) {
  bench::use_processors(state);
  constexpr int million = 1'000'000;
  for (auto _ : state) {
    goro::wait_group done;
    done.add(million);
    for (int i = 0; i < million; ++i) {
      goro::go([&done] { done.done(); });
    }
    done.wait();
  }
  state.SetItemsProcessed(state.iterations() * million);
}
GORO_BENCHMARK(spawn_million)->Unit(benchmark::kMillisecond);

void spawn_one_and_join(benchmark::State& state) {
  bench::use_processors(state);
  for (auto _ : state) {
    goro::wait_group done;
    done.go([] {});
    done.wait();
  }
}
GORO_BENCHMARK(spawn_one_and_join);

void spawn_from_foreign_thread(benchmark::State& state) {
  bench::use_processors(state);
  goro::blocking([&] {
    std::thread foreign([&] {
      for (auto _ : state) {
        goro::wait_group done;
        done.add(batch);
        for (int i = 0; i < batch; ++i) {
          goro::go([&done] { done.done(); });
        }
        done.wait();
      }
    });
    foreign.join();
  });
  state.SetItemsProcessed(state.iterations() * batch);
}
GORO_BENCHMARK(spawn_from_foreign_thread);

// The peer: a thread started and joined.
void thread_and_join(benchmark::State& state) {
  goro::blocking([&] {
    for (auto _ : state) {
      std::thread([] {}).join();
    }
  });
}
BENCHMARK(thread_and_join)->UseRealTime();

int fib(int n) {
  if (n < 2) {
    return n;
  }
  int left = 0;
  goro::wait_group done;
  done.go([&left, n] { left = fib(n - 1); });
  const int right = fib(n - 2);
  done.wait();
  return left + right;
}

// A goroutine per call: order of execution and memory matter here.
void fib_30(benchmark::State& state) {
  bench::use_processors(state);
  for (auto _ : state) {
    if (fib(30) != 832040) {
      state.SkipWithError("wrong result");
    }
  }
}
GORO_BENCHMARK(fib_30)->Unit(benchmark::kMillisecond);

}  // namespace

GORO_BENCHMARK_MAIN()
