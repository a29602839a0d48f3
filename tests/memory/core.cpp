// Everything of the core once, its values looked at: MemorySanitizer ends the program at the first use of memory that
// nobody has written. `memory_core unwritten` uses some, which a channel has carried from one goroutine to another, and
// must be ended so.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "goro/chan.hpp"
#include "goro/condition_variable.hpp"
#include "goro/context.hpp"
#include "goro/go.hpp"
#include "goro/mutex.hpp"
#include "goro/select.hpp"
#include "goro/semaphore.hpp"
#include "goro/time.hpp"
#include "goro/wait_group.hpp"

namespace {

using namespace std::chrono_literals;

void expect(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "wrong: %s\n", what);
    std::abort();
  }
}

struct message {
  int number;
  long square;
};

// Stacks that have served before have other goroutines' frames on them.
void channels(int n) {
  const auto c = goro::make_chan<message>(n % 3);
  goro::wait_group senders;
  for (int i = 0; i < n; ++i) {
    senders.go([c, i] { c.send({i, static_cast<long>(i) * i}); });
  }
  long sum = 0;
  for (int i = 0; i < n; ++i) {
    const message m = *c.recv();
    expect(m.square == static_cast<long>(m.number) * m.number, "what was sent");
    sum += m.number;
  }
  senders.wait();
  expect(sum == static_cast<long>(n) * (n - 1) / 2, "the sum of what was sent");
}

void selects() {
  const auto a = goro::make_chan<int>();
  const auto b = goro::make_chan<int>(1);
  goro::go([a] { a.send(1); });
  goro::go([b] { b.send(2); });
  int sum = 0;
  for (int i = 0; i < 2; ++i) {
    goro::select(goro::recv_case(a, [&] { sum += 1; }), goro::recv_case(b, [&] { sum += 2; }));
  }
  expect(sum == 3, "each case once");
}

void locks() {
  goro::mutex m;
  goro::condition_variable changed;
  goro::semaphore two(2);
  int count = 0;
  goro::wait_group group;
  for (int i = 0; i < 20; ++i) {
    group.go([&] {
      two.acquire();
      goro::yield();
      two.release();
      const std::lock_guard hold(m);
      ++count;
      changed.notify_all();
    });
  }
  {
    std::unique_lock hold(m);
    changed.wait(hold, [&] { return count == 20; });
    expect(!changed.wait_for(hold, 1ms, [] { return false; }), "a wait that ends by its time");
  }
  group.wait();
}

void contexts() {
  const goro::cancelable limited = goro::with_timeout(goro::background(), 1ms);
  limited.ctx.done().recv();
  expect(limited.ctx.err() == goro::errc::deadline_exceeded, "the end by its time");
  limited.cancel();
}

void threads() {
  goro::wait_group group;
  for (int i = 0; i < 4; ++i) {
    group.go([] { goro::blocking([] { goro::sleep(1ms); }); });
    group.go([] {
      goro::lock_os_thread();
      goro::yield();
    });
  }
  group.wait();
}

void use_unwritten_memory() {
  const auto c = goro::make_chan<int>();
  goro::go([c] {
    void* (*volatile allocate)(std::size_t) = &std::malloc;  // else the compiler makes up what has not been written
    auto* unwritten = static_cast<int*>(allocate(sizeof(int)));
    c.send(*unwritten);
    std::free(unwritten);
  });
  expect(*c.recv() != 7, "what has not been written");
}

}  // namespace

int main(int argc, char**) {
  goro::gomaxprocs(4);
  if (argc > 1) {
    goro::run(&use_unwritten_memory);
    return 0;
  }
  goro::run([] {
    for (int round = 0; round < 10; ++round) {
      channels(50 + round);
      selects();
      locks();
      contexts();
      threads();
    }
  });
  std::puts("all right");
}
