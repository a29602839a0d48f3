// What does a channel cost: uncontended, from goroutine to goroutine, with many at both ends?
#include <array>
#include <memory>
#include <string>
#include <thread>

#include "bench.hpp"

namespace {

template <class T>
void send_and_receive_in_one_goroutine(benchmark::State& state) {
  const auto ch = goro::make_chan<T>(4);
  T value{};
  for (auto _ : state) {
    ch.send(std::move(value));
    ch.recv(value);
    benchmark::DoNotOptimize(value);
  }
}
BENCHMARK(send_and_receive_in_one_goroutine<long>);
BENCHMARK(send_and_receive_in_one_goroutine<std::unique_ptr<int>>);
BENCHMARK(send_and_receive_in_one_goroutine<std::string>);
BENCHMARK(send_and_receive_in_one_goroutine<std::array<char, 4096>>);

void try_send_to_a_full_channel(benchmark::State& state) {
  const auto ch = goro::make_chan<long>();
  for (auto _ : state) {
    benchmark::DoNotOptimize(ch.try_send(1));
  }
}
BENCHMARK(try_send_to_a_full_channel);

constexpr int rounds = 10'000;

// Two unbuffered channels, one round trip per item.
void ping_pong(benchmark::State& state) {
  bench::use_processors(state);
  for (auto _ : state) {
    const auto ping = goro::make_chan<long>();
    const auto pong = goro::make_chan<long>();
    goro::go([=] {
      for (int i = 0; i < rounds; ++i) {
        pong.send(*ping.recv());
      }
    });
    for (int i = 0; i < rounds; ++i) {
      ping.send(i);
      benchmark::DoNotOptimize(pong.recv());
    }
  }
  state.SetItemsProcessed(state.iterations() * rounds);
}
GORO_BENCHMARK(ping_pong);

// range(1) producers and as many consumers, a buffer of range(2).
void producers_and_consumers(benchmark::State& state) {
  bench::use_processors(state);
  const auto parties = static_cast<int>(state.range(1));
  const auto capacity = static_cast<std::size_t>(state.range(2));
  constexpr int items = 100'000;
  for (auto _ : state) {
    const auto ch = goro::make_chan<long>(capacity);
    goro::wait_group producers;
    goro::wait_group consumers;
    for (int p = 0; p < parties; ++p) {
      consumers.go([=] {
        long sum = 0;
        for (const long v : ch) {
          sum += v;
        }
        benchmark::DoNotOptimize(sum);
      });
      producers.go([=] {
        for (int i = 0; i < items / parties; ++i) {
          ch.send(i);
        }
      });
    }
    producers.wait();
    ch.close();
    consumers.wait();
  }
  state.SetItemsProcessed(state.iterations() * items);
}
BENCHMARK(producers_and_consumers)->ArgsProduct({{1, 2}, {1, 4}, {0, 128}})->UseRealTime();

void make_and_end(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(goro::make_chan<long>(4));
  }
}
BENCHMARK(make_and_end);

// A foreign thread and a goroutine hand a value to and fro.
void ping_pong_with_a_thread(benchmark::State& state) {
  bench::use_processors(state);
  for (auto _ : state) {
    const auto ping = goro::make_chan<long>();
    const auto pong = goro::make_chan<long>();
    std::thread other([=] {
      for (const long v : ping) {
        pong.send(v);
      }
    });
    for (int i = 0; i < rounds / 10; ++i) {
      ping.send(i);
      benchmark::DoNotOptimize(pong.recv());
    }
    ping.close();
    goro::blocking([&] { other.join(); });
  }
  state.SetItemsProcessed(state.iterations() * (rounds / 10));
}
GORO_BENCHMARK(ping_pong_with_a_thread);

}  // namespace

GORO_BENCHMARK_MAIN()
