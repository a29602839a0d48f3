// Race counter: two goroutines, a thousand increments each, nothing between them. Run it as
//     goro run -race examples/race_counter.cpp
// and the race detector names both lines and ends the program with status 66; with `-- --fixed` behind, a mutex stands
// around the increment and there is nothing to report.
#include <cstdio>
#include <cstring>
#include <mutex>

#include <goro/goro.hpp>

int counter = 0;
goro::mutex mutex;
goro::wait_group wg;

void increment() {
  const goro::defer done([] { wg.done(); });
  for (int i = 0; i < 1000; ++i) {
    counter++;  // a read and a write
  }
}

void increment_fixed() {
  const goro::defer done([] { wg.done(); });
  for (int i = 0; i < 1000; ++i) {
    const std::lock_guard lock(mutex);
    counter++;
  }
}

int main(int argc, char** argv) {
  const bool fixed = argc > 1 && std::strcmp(argv[1], "--fixed") == 0;
  wg.add(2);
  goro::go(fixed ? increment_fixed : increment);
  goro::go(fixed ? increment_fixed : increment);
  wg.wait();
  std::printf("Counter: %d\n", counter);
}
