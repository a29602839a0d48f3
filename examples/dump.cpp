// What is my program doing? Ctrl-\ (the signal SIGQUIT) shows all goroutines, what each waits for and where, and ends it. Here it
// sends the signal to itself.
#include <goro/goro.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <mutex>

namespace {

using namespace std::chrono_literals;

void produce(const goro::chan<int>& jobs) {
  for (int i = 0;; ++i) {
    jobs.send(i);
  }
}

void consume(const goro::chan<int>& jobs, goro::mutex& printer) {
  for (const int job : jobs) {
    static_cast<void>(job);
    const std::lock_guard hold(printer);
  }
}

std::size_t waiting() {
  std::size_t n = 0;
  for (const goro::debug::goroutine_info& g : goro::debug::goroutines()) {
    n += g.waiting ? 1 : 0;
  }
  return n;
}

}  // namespace

int main() {
  std::puts("watch: the consumers stand in line for the printer, and the producer for a consumer");
  std::fflush(stdout);
  goro::run([] {
    const goro::chan<int> jobs = goro::make_chan<int>();
    goro::mutex printer;
    printer.lock();  // the printer hangs
    goro::go({.name = "producer"}, [jobs] { produce(jobs); });
    for (int i = 0; i < 3; ++i) {
      goro::go({.name = "consumer"}, [jobs, &printer] { consume(jobs, printer); });
    }
    while (waiting() != 4) {
      goro::sleep(1ms);
    }
    std::raise(SIGQUIT);
    goro::sleep(1h);
  });
}
