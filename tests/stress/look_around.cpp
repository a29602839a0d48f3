// The program is stopped and looked at, again and again, while goroutines wait for the same locks in every way. Each
// look finds all of them, and none lasts long enough for the watchdog.
#include <atomic>
#include <chrono>
#include <mutex>

#include "goro/condition_variable.hpp"
#include "goro/debug.hpp"
#include "goro/mutex.hpp"
#include "goro/semaphore.hpp"
#include "goro/wait_group.hpp"
#include "stress.hpp"

namespace {

constexpr int crowd = stress::by_build(40, 20, 10);
constexpr int turns = stress::by_build(60, 20, 10);

struct shared {
  goro::semaphore units{3};
  goro::mutex m;
  goro::condition_variable changed;
  std::atomic<bool> ended{false};
};

void contend(shared& s, stress::dice dice) {
  for (int turn = 0; turn < turns; ++turn) {
    const std::chrono::microseconds pause(dice.below(300));
    if (s.units.try_acquire_for(pause)) {
      goro::yield();
      s.units.release();
    }
    std::unique_lock lock(s.m);
    if (dice.below(2) == 0) {
      s.changed.notify_one();
    } else {
      s.changed.wait_for(lock, pause);
    }
  }
}

void look(const shared& s) {
  while (!s.ended) {
    stress::expect(!goro::debug::goroutines().empty(), "a look that finds nobody");
    stress::progress();
    goro::yield();
  }
}

}  // namespace

int main(int argc, char** argv) {
  return stress::play(argc, argv, "look_around", 5, [](long round) {
    shared s;
    goro::wait_group looking;
    looking.go([&s] { look(s); });
    looking.go([&s] { look(s); });
    goro::wait_group contending;
    for (int i = 0; i < crowd; ++i) {
      contending.go([&s, seed = static_cast<std::uint64_t>(round * crowd + i)] { contend(s, stress::dice(seed)); });
    }
    contending.wait();
    s.ended = true;
    looking.wait();
  });
}
