// gomaxprocs changes all the time, from goroutines and foreign threads, while goroutines spawn, yield, sleep and
// contend.
#include <atomic>
#include <cstdint>
#include <mutex>
#include <thread>

#include "goro/mutex.hpp"
#include "goro/wait_group.hpp"
#include "stress.hpp"

namespace {

constexpr int goroutines = stress::by_build(64, 32, 16);
constexpr int turns = stress::by_build(200, 100, 30);
constexpr int changes = stress::by_build(100, 50, 20);
constexpr int most = 64;

void change(std::uint64_t seed) {
  stress::dice dice(seed);
  for (int i = 0; i < changes; ++i) {
    // Mostly few: then processors are taken away from workers that run something.
    const auto n = static_cast<int>(dice.below(dice.below(2) == 0 ? most : 3)) + 1;
    const int before = goro::gomaxprocs(n);
    stress::expect(before >= 1 && before <= most, "gomaxprocs returned what nobody has set");
    goro::yield();
  }
}

}  // namespace

int main(int argc, char** argv) {
  return stress::play(argc, argv, "procs_change", 10, [](long round) {
    const int processors = goro::gomaxprocs();
    goro::mutex m;
    long counter = 0;
    std::atomic<long> spawned{0};
    goro::wait_group group;
    for (int g = 0; g < goroutines; ++g) {
      group.go([&, g, round] {
        stress::dice dice(static_cast<std::uint64_t>(round * goroutines + g));
        for (int i = 0; i < turns; ++i) {
          switch (dice.below(8)) {
            case 0:
              goro::sleep(std::chrono::microseconds(dice.below(100)));
              break;
            case 1:
              group.go([&spawned] { ++spawned; });
              break;
            case 2:
              goro::blocking([] { std::this_thread::yield(); });
              break;
            default:
              goro::yield();
          }
          const std::lock_guard hold(m);
          ++counter;
        }
      });
    }
    std::thread foreign([round] { change(static_cast<std::uint64_t>(round) + 7); });
    group.go([round] { change(static_cast<std::uint64_t>(round) + 1'000'003); });
    group.wait();
    goro::blocking([&] { foreign.join(); });
    stress::expect_equal(counter, long{goroutines} * turns, "count behind a mutex");
    goro::gomaxprocs(processors);
  });
}
