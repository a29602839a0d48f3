// Versus threads: the same four questions to goroutines and to std::thread, answered by this machine, now.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <latch>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <sched.h>

#include <goro/goro.hpp>

#include "support/flags.hpp"
#include "support/in_child.hpp"
#include "support/memory.hpp"

// The two contestants. Everything below is one text for both. -------------------------------------------------------

class goroutines {
 public:
  using latch = goro::latch;
  static void yield() { goro::yield(); }
  template <class F>
  void start(F f) {
    wg_.go(f);
  }
  void join() { wg_.wait(); }
  template <class F>
  static void run(F f) {  // f as one of them
    goro::run(f);
  }

 private:
  goro::wait_group wg_;
};

class threads {
 public:
  using latch = std::latch;
  static void yield() { std::this_thread::yield(); }
  template <class F>
  void start(F f) {
    threads_.emplace_back(f);  // throws std::system_error when the system has no more
  }
  void join() {
    for (std::thread& thread : threads_) {
      thread.join();
    }
    threads_.clear();
  }
  template <class F>
  static void run(F f) {
    f();
  }

 private:
  std::vector<std::thread> threads_;
};

// The questions. -----------------------------------------------------------------------------------------------------

struct crowd {
  long alive = 0;                // at the same time
  bool refused = false;          // the system would not give more
  double bytes_each = 0;         // of this process: resident pages and page tables
  double kernel_bytes_each = 0;  // the stacks that the kernel keeps for threads (a figure of the whole machine)
  double all_bytes_each() const { return bytes_each + kernel_bytes_each; }
};

// Starts up to `wanted` that wait, so that all are alive at once; then lets them go.
template <class Kind>
crowd gather(long wanted) {
  Kind kind;
  for (int i = 0; i < 100; ++i) {  // what has to be set up once is not to be counted
    kind.start([] {});
  }
  kind.join();

  crowd result;
  std::atomic<long> arrived = 0;
  typename Kind::latch gate(1);
  const double before = tour::bytes_in_use();
  const double kernel_before = tour::bytes_in("/proc/meminfo", "KernelStack:");
  try {
    for (; result.alive < wanted; ++result.alive) {
      kind.start([&] {
        ++arrived;
        gate.wait();
      });
    }
  } catch (const std::system_error&) {
    result.refused = true;
  }
  while (arrived < result.alive) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  const auto count = static_cast<double>(result.alive);
  result.bytes_each = (tour::bytes_in_use() - before) / count;
  result.kernel_bytes_each = (tour::bytes_in("/proc/meminfo", "KernelStack:") - kernel_before) / count;
  gate.count_down();
  kind.join();
  return result;
}

using nanoseconds = std::chrono::duration<double, std::nano>;

// Start, run and end of one that does nothing, in batches of 100.
template <class Kind>
double creation_ns() {
  constexpr int batches = 100;
  constexpr int batch = 100;
  double result = 0;
  Kind::run([&] {
    Kind kind;
    std::chrono::steady_clock::time_point start;
    for (int i = -1; i < batches; ++i) {
      if (i == 0) {  // the first was for warming up
        start = std::chrono::steady_clock::now();
      }
      for (int j = 0; j < batch; ++j) {
        kind.start([] {});
      }
      kind.join();
    }
    result = nanoseconds(std::chrono::steady_clock::now() - start).count() / (batches * batch);
  });
  return result;
}

// Two on one processor hand the turn to each other.
template <class Kind>
double switch_ns() {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  sched_setaffinity(0, sizeof one, &one);

  constexpr int rounds = 100'000;
  std::atomic<int> turn = 0;
  const auto play = [&](int me) {
    for (int i = 0; i < rounds; ++i) {
      while (turn.load(std::memory_order_relaxed) != me) {
        Kind::yield();
      }
      turn.store(1 - me, std::memory_order_relaxed);
    }
  };
  Kind kind;
  const auto start = std::chrono::steady_clock::now();
  kind.start([&] { play(0); });
  kind.start([&] { play(1); });
  kind.join();
  return nanoseconds(std::chrono::steady_clock::now() - start).count() / (2 * rounds);
}

// The answers. -------------------------------------------------------------------------------------------------------

struct pair {
  double goroutine;
  double thread;
};

// Asks both in turn, each time in a new process, and takes the medians.
template <class F, class G>
pair medians(int repetitions, F ask_goroutines, G ask_threads) {
  std::vector<double> goroutine;
  std::vector<double> thread;
  for (int i = 0; i < repetitions; ++i) {
    goroutine.push_back(tour::in_child(ask_goroutines));
    thread.push_back(tour::in_child(ask_threads));
  }
  const auto median = [](std::vector<double>& values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  };
  return {median(goroutine), median(thread)};
}

void print_row(const char* what, const std::string& goroutine, const std::string& thread, double advantage) {
  std::printf("%-26s %18s %18s %9.1fx\n", what, goroutine.c_str(), thread.c_str(), advantage);
}

void print_row(const char* what, const pair& figures, const char* unit) {
  const auto shown = [unit](double figure) {
    char text[40];
    std::snprintf(text, sizeof text, figure < 100 ? "%.1f %s" : "%.0f %s", figure, unit);
    return std::string(text);
  };
  print_row(what, shown(figures.goroutine), shown(figures.thread), figures.thread / figures.goroutine);
}

int main(int argc, char** argv) try {
  tour::flags flags(argc, argv, "[--goroutines N] [--threads N] [--repetitions N]");
  const long goroutines_wanted = flags.number("--goroutines", 1'000'000, 100, 10'000'000);
  const long threads_wanted = flags.number("--threads", 10'000, 100, 100'000);
  const int repetitions = static_cast<int>(flags.number("--repetitions", 5, 1, 100));
  flags.no_more();

  std::printf("watch: the last column; all of it measured now, on this machine, medians of %d\n", repetitions);
  std::printf("%-26s %18s %18s %10s\n", "", "goroutine", "std::thread", "advantage");

  print_row("memory of one that waits",
            medians(
                repetitions, [] { return gather<goroutines>(2000).bytes_each / 1024; },
                [] { return gather<threads>(2000).bytes_each / 1024; }),
            "KiB");
  print_row("  with its kernel stack",
            medians(
                repetitions, [] { return gather<goroutines>(2000).all_bytes_each() / 1024; },
                [] { return gather<threads>(2000).all_bytes_each() / 1024; }),
            "KiB");
  print_row("creation: start, run, end", medians(repetitions, creation_ns<goroutines>, creation_ns<threads>), "ns");
  print_row("context switch", medians(repetitions, switch_ns<goroutines>, switch_ns<threads>), "ns");

  const crowd goroutines_alive =
      tour::in_child([&] { return gather<goroutines>(tour::goroutines_that_fit(goroutines_wanted)); });
  const crowd threads_alive = tour::in_child([&] { return gather<threads>(threads_wanted); });
  const auto shown = [](const crowd& c) { return std::to_string(c.alive) + (c.refused ? " (refused)" : " (enough)"); };
  print_row("alive at the same time", shown(goroutines_alive), shown(threads_alive),
            static_cast<double>(goroutines_alive.alive) / static_cast<double>(threads_alive.alive));
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
  return 1;
}
