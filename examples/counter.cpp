// Counter: `count = count + 1` is a read and a write. Two goroutines that interleave between them lose updates; a
// mutex makes the two steps one.
#include <atomic>
#include <cstdio>
#include <mutex>

#include <goro/goro.hpp>

#include "support/flags.hpp"

template <class Increment>
void two_goroutines_a_thousand_times_each(Increment increment) {
  goro::latch start(2);
  goro::wait_group wg;
  for (int goroutine = 0; goroutine < 2; ++goroutine) {
    wg.go([&] {
      start.arrive_and_wait();  // so that neither is done before the other begins
      for (int i = 0; i < 1000; ++i) {
        increment();
      }
    });
  }
  wg.wait();
}

// The updates that get lost, without the crime: the atomic makes each step legal C++, but two steps are still two.
int count_in_two_steps() {
  std::atomic<int> count = 0;
  two_goroutines_a_thousand_times_each([&] {
    const int seen = count.load(std::memory_order_relaxed);
    goro::yield();  // the other goroutine reads the same value here
    count.store(seen + 1, std::memory_order_relaxed);
  });
  return count;
}

int count_under_a_mutex() {
  int count = 0;
  goro::mutex mutex;
  two_goroutines_a_thousand_times_each([&] {
    const std::lock_guard lock(mutex);
    count = count + 1;
  });
  return count;
}

// DATA RACE, on purpose: plain memory, two goroutines, no lock. C++ promises nothing at all here; the result may even
// be 2000. volatile keeps the compiler from making one addition of a thousand. Build with GORO_RACE=ON to be told.
int count_in_a_race() {
  volatile int count = 0;
  two_goroutines_a_thousand_times_each([&] { count = count + 1; });
  return count;
}

int main(int argc, char** argv) {
  tour::flags flags(argc, argv, "[--racy]");
  const bool racy = flags.flag("--racy");
  flags.no_more();

  if (racy) {
    std::puts("watch: a race build reports the race, others may or may not show it");
    std::printf("data race:   %d of 2000\n", count_in_a_race());
    return 0;
  }
  std::puts("watch: without the mutex updates get lost, with it never one");
  const int careless = count_in_two_steps();
  std::printf("two steps:   %d of 2000, %d updates lost\n", careless, 2000 - careless);
  const int careful = count_under_a_mutex();
  std::printf("under mutex: %d of 2000\n", careful);
  return careful == 2000 ? 0 : 1;
}
