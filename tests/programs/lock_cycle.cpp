// GORODEBUG=deadlock=1: goroutines that wait for each other's locks are reported while the others go on.
#include <goro/goro.hpp>

#include <chrono>
#include <cstdio>
#include <mutex>
#include <shared_mutex>
#include <string_view>

namespace {

void until_waiting(std::size_t n) {
  for (;;) {
    std::size_t waiting = 0;
    for (const auto& g : goro::debug::goroutines()) {
      waiting += g.state.starts_with("sync.") ? 1 : 0;
    }
    if (waiting == n) {
      return;
    }
    goro::sleep(std::chrono::milliseconds(1));
  }
}

void two() {
  goro::mutex a;
  goro::mutex b;
  const goro::chan<void> a_held = goro::make_chan<void>();
  const goro::chan<void> b_held = goro::make_chan<void>();
  goro::go({.name = "ab"}, [&, a_held, b_held] {
    const std::lock_guard first(a);
    a_held.close();
    b_held.recv();
    until_waiting(1);
    const std::lock_guard second(b);
  });
  a_held.recv();
  goro::go({.name = "ba"}, [&, b_held] {
    const std::lock_guard first(b);
    b_held.close();
    const std::lock_guard second(a);
  });
  until_waiting(2);
  std::puts("main goes on");
}

void self() {
  goro::mutex m;
  goro::go([&m] {
    m.lock();
    m.lock();
  });
  until_waiting(1);
}

void writer_between() {
  goro::shared_mutex m;
  const goro::chan<void> reading = goro::make_chan<void>();
  goro::go({.name = "reader"}, [&m, reading] {
    const std::shared_lock outer(m);
    reading.close();
    until_waiting(1);
    const std::shared_lock inner(m);
  });
  reading.recv();
  goro::go({.name = "writer"}, [&m] { m.lock(); });
  until_waiting(2);
}

// Nothing of this is a deadlock.
void none() {
  goro::mutex a;
  goro::mutex b;
  goro::condition_variable changed;
  goro::chan<void> held = goro::make_chan<void>();
  goro::wait_group all;
  all.go([&, held] {
    const std::lock_guard first(a);
    held.close();
    const std::unique_lock second(b, std::chrono::milliseconds(20));  // gives up
  });
  all.go([&, held] {
    held.recv();
    const std::lock_guard first(b);
    const std::lock_guard second(a);
  });
  all.wait();
  goro::mutex signal;  // locked by one, unlocked by another: known by then
  for (int i = 0; i < 2; ++i) {
    signal.lock();
    goro::go([&] { signal.unlock(); });
    if (i == 0) {
      while (!signal.try_lock()) {
        goro::yield();
      }
      signal.unlock();
    }
  }
  signal.lock();
  bool ready = false;
  all.go([&] {
    std::unique_lock hold(a);
    changed.wait(hold, [&] { return ready; });
  });
  all.go([&] {
    const std::lock_guard hold(a);
    ready = true;
    changed.notify_one();
  });
  all.wait();
}

// Nor this: readers are let in together while a writer waits, and the first runs before the second, who holds what it wants, knows.
void let_in() {
  goro::gomaxprocs(1);
  goro::mutex m;
  goro::shared_mutex s;
  goro::wait_group all;
  s.lock();
  all.go([&] {
    const std::shared_lock in(s);
    const std::lock_guard hold(m);
  });
  until_waiting(1);
  all.go([&] {
    const std::lock_guard hold(m);
    const std::shared_lock in(s);
  });
  until_waiting(2);
  all.go([&] { const std::lock_guard write(s); });
  until_waiting(3);
  s.unlock();
  all.wait();
  std::puts("all went on");
}

}  // namespace

int main(int, char** argv) {
  const std::string_view how = argv[1];
  goro::run([&] {
    how == "two"      ? two()
    : how == "self"   ? self()
    : how == "shared" ? writer_between()
    : how == "let_in" ? let_in()
                      : none();
  });
}
