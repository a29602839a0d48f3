// Million: a goroutine that has not run yet is a small record, one that waits is a page of stack. So a million of
// them fit into a few gigabytes, all alive at the same time.
#include <atomic>
#include <chrono>
#include <cstdio>

#include <goro/goro.hpp>

#include "support/flags.hpp"
#include "support/memory.hpp"

using namespace std::chrono_literals;
using stopwatch = std::chrono::steady_clock;

constexpr double queued_limit = 200;  // bytes each
constexpr double parked_limit = 4800;
constexpr double ended_goal = 100;  // not a limit: the kernel may be slow to take memory back

double seconds_since(stopwatch::time_point start) {
  return std::chrono::duration<double>(stopwatch::now() - start).count();
}

int main(int argc, char** argv) {
  tour::flags flags(argc, argv, "[--count N] [--no-limits]");
  const long wanted = flags.number("--count", 1'000'000, 1, 10'000'000);
  const bool limits = !flags.flag("--no-limits");
  flags.no_more();

  std::puts("watch: bytes per goroutine, first queued, then parked, then ended");
  const long count = tour::goroutines_that_fit(wanted);
  if (count < wanted) {
    std::printf("memory is short here: %ld goroutines instead of %ld\n", count, wanted);
  }

  const int processors = goro::gomaxprocs(1);  // nobody else may run the new ones before they are measured
  return goro::run([&] {
    std::atomic<long> arrived = 0;
    goro::latch gate(1);
    goro::wait_group wg;
    const auto life = [&] {
      arrived.fetch_add(1, std::memory_order_relaxed);
      gate.wait();
    };
    const double before = tour::bytes_in_use();
    const auto bytes_each = [&] { return (tour::bytes_in_use() - before) / static_cast<double>(count); };

    auto start = stopwatch::now();
    for (long i = 0; i < count; ++i) {
      wg.go(life);
    }
    const double queued = bytes_each();
    // A go statement is a preemption point: every 10 ms this goroutine lets a few of the others run. On a busy machine
    // it may also lose its processor to them, and then most of them are not queued any more.
    const long begun = arrived;
    std::printf("%ld queued: %.0f bytes each, %.2f s; %ld of them have begun\n", count, queued, seconds_since(start),
                begun);

    goro::gomaxprocs(processors);
    start = stopwatch::now();
    while (arrived < count) {
      goro::yield();
    }
    const double parked = bytes_each();
    std::printf("%ld parked: %.0f bytes each, %.2f s; %zu goroutines exist\n", count, parked, seconds_since(start),
                goro::num_goroutine());

    start = stopwatch::now();
    gate.count_down();
    wg.wait();
    std::printf("%ld ended after %.2f s\n", count, seconds_since(start));

    start = stopwatch::now();
    while (bytes_each() > ended_goal && seconds_since(start) < 5) {
      goro::sleep(100ms);
    }
    std::printf("memory after %.1f s: %.0f bytes for each that was\n", seconds_since(start), bytes_each());

    if (!limits) {
      return 0;
    }
    const bool queued_missed = queued > queued_limit && begun < count / 100;
    if (queued_missed) {
      std::printf("missed: more than %.0f bytes each while queued\n", queued_limit);
    }
    if (parked > parked_limit) {
      std::printf("missed: more than %.0f bytes each while parked\n", parked_limit);
    }
    return !queued_missed && parked <= parked_limit ? 0 : 1;
  });
}
