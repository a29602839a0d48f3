// What does the bare switch between contexts cost, with two and with a thousand of them?
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include "platform/context.hpp"

namespace {

using goro::platform::after_switch;
using goro::platform::context;

// A ring in which each context switches to the next, and the last one to the measuring thread.
struct ring {
  static constexpr std::size_t stack_size = 16 << 10;

  explicit ring(std::size_t count) : contexts(count) {
    for (std::size_t i = 0; i < count; ++i) {
      stacks.push_back(std::make_unique<std::byte[]>(stack_size));
      auto top = reinterpret_cast<std::uintptr_t>(stacks.back().get() + stack_size) / 64 * 64 - i % 16 * 64;
      contexts[i] = goro::platform::make_context(reinterpret_cast<std::byte*>(top), &enter);
    }
  }

  context& after(std::size_t place) { return place + 1 < contexts.size() ? contexts[place + 1] : home; }

  static inline ring* current = nullptr;
  static inline std::size_t entering = 0;
  static void enter(after_switch) {
    const std::size_t place = entering++;
    for (;;) {
      switch_between(current->contexts[place], current->after(place));
    }
  }
  // As in the scheduler: everybody stops in the same few functions.
  [[gnu::noinline]] static void switch_between(context& from, context& to) {
    goro::platform::goro_switch_context(&from, &to, {})();
    asm volatile("");
  }

  context home;
  std::vector<context> contexts;
  std::vector<std::unique_ptr<std::byte[]>> stacks;
};

void switch_in_a_ring(benchmark::State& state) {
  ring r(static_cast<std::size_t>(state.range(0)));
  ring::current = &r;
  ring::entering = 0;
  for (auto _ : state) {
    ring::switch_between(r.home, r.contexts[0]);
  }
  state.SetItemsProcessed(state.iterations() * (state.range(0) + 1));
}
BENCHMARK(switch_in_a_ring)->Arg(1)->Arg(16)->Arg(1000)->Arg(10000);

}  // namespace

BENCHMARK_MAIN();
