// What does select cost: with a case that is ready, with a default, blocking?
#include "bench.hpp"

namespace {

void one_and_default(benchmark::State& state) {
  const auto ch = goro::make_chan<long>();
  for (auto _ : state) {
    benchmark::DoNotOptimize(goro::select(goro::recv_case(ch), goro::default_case()));
  }
}
BENCHMARK(one_and_default);

void four_and_default(benchmark::State& state) {
  const auto a = goro::make_chan<long>();
  const auto b = goro::make_chan<long>();
  const auto c = goro::make_chan<long>();
  const auto d = goro::make_chan<long>();
  for (auto _ : state) {
    benchmark::DoNotOptimize(goro::select(goro::recv_case(a), goro::recv_case(b), goro::recv_case(c),
                                          goro::recv_case(d), goro::default_case()));
  }
}
BENCHMARK(four_and_default);

// One of four is ready: each select receives what was sent before; the send is part of the figure.
void send_then_select_of_four(benchmark::State& state) {
  const auto a = goro::make_chan<long>(1);
  const auto b = goro::make_chan<long>(1);
  const auto c = goro::make_chan<long>(1);
  const auto d = goro::make_chan<long>(1);
  long sum = 0;
  const auto add = [&](std::optional<long> v) { sum += *v; };
  for (auto _ : state) {
    c.send(1);
    goro::select(goro::recv_case(a, add), goro::recv_case(b, add), goro::recv_case(c, add), goro::recv_case(d, add));
  }
  benchmark::DoNotOptimize(sum);
}
BENCHMARK(send_then_select_of_four);

// All four are ready: a closed channel stays so.
void select_of_four_ready(benchmark::State& state) {
  const auto a = goro::make_chan<long>();
  const auto b = goro::make_chan<long>();
  a.close();
  b.close();
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        goro::select(goro::recv_case(a), goro::recv_case(b), goro::recv_case(a), goro::recv_case(b)));
  }
}
BENCHMARK(select_of_four_ready);

// A consumer blocks in a select of four; a producer sends to them in turn.
void select_of_four_blocking(benchmark::State& state) {
  bench::use_processors(state);
  constexpr int rounds = 10'000;
  for (auto _ : state) {
    const goro::chan<long> channels[] = {goro::make_chan<long>(), goro::make_chan<long>(), goro::make_chan<long>(),
                                         goro::make_chan<long>()};
    const auto done = goro::make_chan<void>();
    goro::go([&] {
      for (int i = 0; i < rounds; ++i) {
        goro::select(goro::recv_case(channels[0]), goro::recv_case(channels[1]), goro::recv_case(channels[2]),
                     goro::recv_case(channels[3]));
      }
      done.close();
    });
    for (int i = 0; i < rounds; ++i) {
      channels[i % 4].send(i);
    }
    done.recv();
  }
  state.SetItemsProcessed(state.iterations() * rounds);
}
GORO_BENCHMARK(select_of_four_blocking);

}  // namespace

GORO_BENCHMARK_MAIN()
