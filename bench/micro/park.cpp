// What does it cost to park and to be made ready, without the lock and the queue of any primitive?
#include <benchmark/benchmark.h>

#include <atomic>

#include "goro/goro.hpp"
#include "sched/wait.hpp"

namespace {

using goro::sched::wait_reason;
using goro::sched::waiter;

constexpr int rounds = 10'000;

// Where a parked goroutine stands; empty while it runs.
class seat {
 public:
  void park_here() {
    visit v{this, {}};
    v.who.park(
        wait_reason::none,
        [](void* argument) {
          visit* const mine = static_cast<visit*>(argument);
          mine->where->parked_.store(&mine->who, std::memory_order_release);  // from here on it may be gone
        },
        &v);
  }

  // The other one parks soon, if it has not yet: turns are taken strictly.
  void make_ready() {
    waiter* who = nullptr;
    while ((who = parked_.exchange(nullptr, std::memory_order_acquire)) == nullptr) {
      goro::yield();
    }
    who->claim(1);
    who->make_ready();
  }

 private:
  struct visit {
    seat* where;
    waiter who;
  };
  std::atomic<waiter*> parked_{nullptr};
};

void make_ready_and_park(benchmark::State& state) {
  for (auto _ : state) {
    seat first;
    seat second;
    goro::wait_group done;
    done.go([&] {
      for (int i = 0; i < rounds; ++i) {
        first.park_here();
        second.make_ready();
      }
    });
    done.go([&] {
      for (int i = 0; i < rounds; ++i) {
        first.make_ready();
        second.park_here();
      }
    });
    done.wait();
  }
  state.SetItemsProcessed(state.iterations() * 2 * rounds);
}
BENCHMARK(make_ready_and_park);

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  goro::gomaxprocs(1);
  return goro::run([] {
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
  });
}
