// What the gdb tests look at.
#include <goro/goro.hpp>

#include <chrono>
#include <csignal>

goro::mutex held;
goro::wait_group group;

namespace {

[[gnu::noinline]] int consume(const goro::chan<int>& c, int depth) {
  return depth != 0 ? consume(c, depth - 1) + 1 : *c.recv();
}

std::size_t waiting() {
  std::size_t n = 0;
  for (const auto& g : goro::debug::goroutines()) {
    n += g.waiting ? 1 : 0;
  }
  return n;
}

}  // namespace

int main() {
  goro::run([] {
    const goro::chan<int> c = goro::make_chan<int>();
    const goro::chan<int> full = goro::make_chan<int>(2);
    full.send(1);
    full.send(2);
    held.lock();
    group.add(3);
    const goro::context ctx = goro::background();
    goro::go({.name = "reader"}, [c] { consume(c, 2); });
    goro::go([] { held.lock(); });
    goro::go([] { group.wait(); });
    while (waiting() != 3) {
      goro::yield();
    }
    std::raise(SIGTRAP);
  });
}
