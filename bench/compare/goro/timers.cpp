// Time: timers that never end, sleeps that do, and one who waits for its turn beside an endless loop.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <vector>

#include <goro/goro.hpp>

#include "workloads.hpp"

namespace compare {

using namespace std::chrono_literals;

namespace {

// r.size others, whose ends lie apart.
std::vector<goro::timer> timers_alive(const request& r) {
  std::vector<goro::timer> alive;
  alive.reserve(static_cast<std::size_t>(r.size));
  std::uint64_t seed = 1;
  for (std::int64_t i = 0; i < r.size; ++i) {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    alive.emplace_back(1h + std::chrono::milliseconds(seed >> 40));
  }
  return alive;
}

}  // namespace

figures timer_stop(const request& r) {
  const auto alive = timers_alive(r);
  return measure(r, 1, [](std::int64_t rounds) {
    for (std::int64_t k = 0; k < rounds; ++k) {
      require(goro::timer(1h).stop(), "timer-stop");
    }
  });
}

figures timer_reset(const request& r) {
  const auto alive = timers_alive(r);
  return measure(r, 1, [](std::int64_t rounds) {
    goro::timer timer(1h);
    for (std::int64_t k = 0; k < rounds; ++k) {
      require(timer.reset(1h), "timer-reset");
    }
    timer.stop();
  });
}

figures sleeps(const request& r) {  // r.size goroutines, ten sleeps of 10 ms each
  return measure(r, 1, [&](std::int64_t rounds) {
    for (std::int64_t k = 0; k < rounds; ++k) {
      goro::wait_group done;
      for (std::int64_t i = 0; i < r.size; ++i) {
        done.go([] {
          for (int n = 0; n < 10; ++n) {
            goro::sleep(10ms);
          }
        });
      }
      done.wait();
    }
  });
}

figures beside_loop(const request&) {
  std::vector<double> waits;
  const double cpu = cpu_ns();
  for (int k = 0; k < 11; ++k) {
    std::atomic<bool> ran{false};
    double wait = 0;
    goro::wait_group done;
    done.go([&] {
      const double start = now_ns();
      done.go([&, start] {
        wait = now_ns() - start;
        ran.store(true, std::memory_order_relaxed);
      });
      while (!ran.load(std::memory_order_relaxed)) {
      }
    });
    done.wait();
    waits.push_back(wait);
  }
  std::nth_element(waits.begin(), waits.begin() + 5, waits.end());
  return {waits[5], (cpu_ns() - cpu) / 11, {}};
}

}  // namespace compare
