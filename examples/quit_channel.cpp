// Quit channel: closing a channel tells any number of goroutines at once that it is time to go.
#include <chrono>
#include <cstdio>

#include <goro/goro.hpp>

using namespace std::chrono_literals;

void work(int number, const goro::chan<void>& quit) {
  long steps = 0;
  bool working = true;
  while (working) {
    // With a default a select never waits: the goroutine looks at the channel and goes on with its work.
    goro::select(goro::recv_case(quit, [&] { working = false; }),  //
                 goro::default_case([&] { ++steps; }));
  }
  std::printf("exiting goroutine %d, it %s\n", number, steps > 0 ? "has worked" : "did nothing");
}

int main() {
  std::puts("watch: three busy loops share one processor, and still main gets its turn to close the channel");
  goro::gomaxprocs(1);
  return goro::run([] {
    const auto quit = goro::make_chan<void>();
    goro::wait_group workers;
    for (int number = 1; number <= 3; ++number) {
      workers.go([=] { work(number, quit); });
    }
    goro::sleep(200ms);
    std::puts("closing");
    quit.close();  // nothing is sent: a receive from a closed channel is always ready, for everybody
    workers.wait();
    std::puts("all have left");
  });
}
