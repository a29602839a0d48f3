// What does a round trip over the loopback cost, for one connection and with many at once? And an idle connection, in memory?
//
// Client and server share the process, so a round trip is two writes, two reads and two waits. CPU time is what counts on a shared machine.
#include <algorithm>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "bench.hpp"
#include "goro/net.hpp"

namespace {

namespace net = goro::net;

void echo(const net::conn& c) {
  std::byte buffer[1024];
  std::error_code error;
  for (std::size_t n = c.read(buffer, error); n != 0; n = c.read(buffer, error)) {
    c.write(std::span(buffer, n), error);
  }
}

class server {
 public:
  explicit server(std::string_view network = "tcp", std::string_view address = "127.0.0.1:0")
      : listener_(net::listen(network, address)) {
    goro::go([l = listener_] {
      std::error_code error;
      for (net::conn c = l.accept(error); !error; c = l.accept(error)) {
        goro::go([c] { echo(c); });
      }
    });
  }
  server(const server&) = delete;
  server& operator=(const server&) = delete;
  ~server() { listener_.close(); }

  net::conn dial() const { return net::dial(listener_.local().network(), listener_.local().to_string()); }

 private:
  net::listener listener_;
};

void turns(const net::conn& c, int n) {
  std::byte buffer[64] = {};
  for (int i = 0; i < n; ++i) {
    c.write(std::span<const std::byte>(buffer));
    c.read_full(buffer);
  }
}

void ping_pong(benchmark::State& state, const server& s, bool with_deadline) {
  bench::use_processors(state);
  constexpr int rounds = 1000;
  const net::conn c = s.dial();
  for (auto _ : state) {
    if (with_deadline) {
      for (int i = 0; i < rounds; ++i) {
        c.set_deadline(std::chrono::steady_clock::now() + std::chrono::seconds(10));
        turns(c, 1);
      }
    } else {
      turns(c, rounds);
    }
  }
  state.SetItemsProcessed(state.iterations() * rounds);
}

void tcp_ping_pong(benchmark::State& state) { ping_pong(state, server(), false); }
GORO_BENCHMARK(tcp_ping_pong)->MeasureProcessCPUTime();

void tcp_ping_pong_with_deadline(benchmark::State& state) { ping_pong(state, server(), true); }
GORO_BENCHMARK(tcp_ping_pong_with_deadline)->MeasureProcessCPUTime();

void unix_ping_pong(benchmark::State& state) { ping_pong(state, server("unix", "@goro-bench-net"), false); }
GORO_BENCHMARK(unix_ping_pong)->MeasureProcessCPUTime();

// A thousand connections, each with a client that goes its turns.
void tcp_thousand(benchmark::State& state) {
  bench::use_processors(state);
  constexpr int connections = 1000;
  constexpr int rounds = 20;
  const server s;
  std::vector<net::conn> clients;
  for (int i = 0; i < connections; ++i) {
    clients.push_back(s.dial());
    turns(clients.back(), 1);
  }
  for (auto _ : state) {
    goro::wait_group done;
    for (const net::conn& c : clients) {
      done.go([c] { turns(c, rounds); });
    }
    done.wait();
  }
  state.SetItemsProcessed(state.iterations() * connections * rounds);
}
GORO_BENCHMARK(tcp_thousand)->MeasureProcessCPUTime();

void connect_and_close(benchmark::State& state) {
  bench::use_processors(state);
  const server s;
  for (auto _ : state) {
    const net::conn c = s.dial();
    c.set_linger(0);  // no port stays behind in TIME_WAIT
    c.close();
  }
  state.SetItemsProcessed(state.iterations());
}
GORO_BENCHMARK(connect_and_close)->MeasureProcessCPUTime();

std::size_t resident_bytes() {
  std::size_t pages = 0;
  if (std::FILE* f = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(f, "%*s %zu", &pages) != 1) {
      pages = 0;
    }
    std::fclose(f);
  }
  return pages * 4096;
}

// Each has a goroutine that waits in read(). The clients' ends have none, but count their sockets.
void idle_connections(benchmark::State& state) {
  bench::use_processors(state);
  constexpr int connections = 4000;
  for (auto _ : state) {
    const server s;
    std::vector<net::conn> clients;
    clients.reserve(connections);
    const std::size_t before = resident_bytes();
    for (int i = 0; i < connections; ++i) {
      clients.push_back(s.dial());
      turns(clients.back(), 1);
    }
    state.counters["bytes_each"] = static_cast<double>(resident_bytes() - before) / connections;
  }
}
BENCHMARK(idle_connections)->Arg(2)->Iterations(1)->UseRealTime();

}  // namespace

GORO_BENCHMARK_MAIN()
