// What does the run queue of a processor cost its owner, and a thief?
#include <array>
#include <memory>

#include <benchmark/benchmark.h>

#include "sched/run_queue.hpp"

namespace {

using goro::sched::launch;
using goro::sched::run_queue;
using goro::sched::runnable;
using goro::sched::runnable_list;

std::array<launch, run_queue::capacity> launches;

void push_and_pop(benchmark::State& state) {
  const auto queue = std::make_unique<run_queue>();
  for (auto _ : state) {
    queue->push_back(runnable::fresh(launches[0]));
    benchmark::DoNotOptimize(queue->pop_front());
  }
}
BENCHMARK(push_and_pop);

void exchange_next_and_pop(benchmark::State& state) {
  const auto queue = std::make_unique<run_queue>();
  for (auto _ : state) {
    benchmark::DoNotOptimize(queue->exchange_next(runnable::fresh(launches[0])));
    benchmark::DoNotOptimize(queue->pop_next());
  }
}
BENCHMARK(exchange_next_and_pop);

// Filling a ring of which a thief then takes half; each entry counts.
void push_all_and_steal_half(benchmark::State& state) {
  const auto queue = std::make_unique<run_queue>();
  const auto thief = std::make_unique<run_queue>();
  for (auto _ : state) {
    for (launch& l : launches) {
      queue->push_back(runnable::fresh(l));
    }
    benchmark::DoNotOptimize(queue->steal_into(*thief));
    while (queue->pop_front()) {
    }
    while (thief->pop_front()) {
    }
  }
  state.SetItemsProcessed(state.iterations() * run_queue::capacity);
}
BENCHMARK(push_all_and_steal_half);

// What an owner does whose ring is full.
void push_all_and_take_half(benchmark::State& state) {
  const auto queue = std::make_unique<run_queue>();
  for (auto _ : state) {
    for (launch& l : launches) {
      queue->push_back(runnable::fresh(l));
    }
    runnable_list half;
    queue->take_half(half);
    benchmark::DoNotOptimize(half.size());
    while (queue->pop_front()) {
    }
  }
  state.SetItemsProcessed(state.iterations() * run_queue::capacity);
}
BENCHMARK(push_all_and_take_half);

}  // namespace

BENCHMARK_MAIN();
