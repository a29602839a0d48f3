// Preemption: nobody can hold a processor. Not a loop that calls nothing, and not a call that blocks the thread.
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>

#include <goro/goro.hpp>

using namespace std::chrono_literals;

// A goroutine that wants to run every ten milliseconds.
void tick(int times) {
  for (int i = 0; i < times; ++i) {
    goro::sleep(10ms);
  }
  std::printf("ticked %d times\n", times);
}

void beside_a_loop() {
  std::puts("beside an endless loop:");
  std::atomic<bool> stop{false};
  goro::wait_group loop;
  loop.go([&] {
    while (!stop.load(std::memory_order_relaxed)) {  // no call to goro in here
    }
  });
  tick(20);
  stop = true;
  loop.wait();
  std::puts("the loop has ended");
}

void beside_a_blocked_read() {
  std::puts("beside a read that nobody told goro about:");
  std::array<int, 2> pipe{};
  if (::pipe(pipe.data()) != 0) {
    std::perror("pipe");
    return;
  }
  goro::wait_group reader;
  reader.go([&] {
    char byte = 0;
    const auto count = ::read(pipe[0], &byte, 1);
    std::printf("read %d byte\n", static_cast<int>(count));
  });
  tick(20);
  if (::write(pipe[1], "x", 1) != 1) {
    std::perror("write");
  }
  reader.wait();
  ::close(pipe[0]);
  ::close(pipe[1]);
}

int main() {
  std::puts("watch: there is one processor, and its holder never gives it back");
  goro::gomaxprocs(1);
  return goro::run([] {
    beside_a_loop();
    beside_a_blocked_read();
  });
}
