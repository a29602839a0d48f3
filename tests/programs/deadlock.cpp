// Nobody can wake anybody any more.
#include <goro/goro.hpp>

#include <chrono>
#include <string_view>
#include <thread>

namespace {

void produce(const goro::chan<int>& out) {
  out.send(1);
  out.send(2);  // nobody takes it
}

void channel() {
  goro::run([] {
    const goro::chan<int> c = goro::make_chan<int>();
    goro::go([c] { produce(c); });
    c.recv();
    goro::wait_group never;
    never.add();
    never.wait();
  });
}

void mutexes() {
  goro::run([] {
    goro::mutex a;
    goro::mutex b;
    goro::chan<void> both = goro::make_chan<void>(2);
    const auto lock = [&both](goro::mutex& first, goro::mutex& second) {
      first.lock();
      both.send();
      while (both.size() != 2) {
        goro::yield();
      }
      second.lock();
    };
    goro::go({.name = "ab"}, [&] { lock(a, b); });
    lock(b, a);
  });
}

// The main goroutine has gone; the others sleep for ever.
void goexit() {
  goro::run([] {
    goro::go([] { goro::select(); });
    goro::go([] { goro::chan<int>{}.recv(); });
    goro::goexit();
  });
}

// main() waits itself, without run(); a thread that might have acted ends without a word.
void foreign_thread() {
  const goro::chan<int> c = goro::make_chan<int>();
  std::thread([] { std::this_thread::sleep_for(std::chrono::milliseconds(30)); }).detach();
  goro::go([c] { c.recv(); });
  c.recv();
}

// Somebody waits in a call that blocking() encloses, in goro.
void blocking() {
  goro::run([] {
    const goro::chan<int> c = goro::make_chan<int>();
    goro::blocking([&c] { c.recv(); });
  });
}

// Not deadlocks: the program ends with status 0.
void alive() {
  using namespace std::chrono_literals;
  goro::run([] {
    const goro::chan<int> c = goro::make_chan<int>();
    std::thread foreign([c] {
      std::this_thread::sleep_for(60ms);  // outside goro: it may do anything
      c.send(1);
    });
    c.recv();
    goro::blocking([&] { foreign.join(); });
    goro::go([c] {
      goro::sleep(50ms);
      c.send(1);
    });
    c.recv();
    goro::go([c] {
      goro::blocking([] { std::this_thread::sleep_for(50ms); });
      c.send(1);
    });
    c.recv();
    const goro::chan<int> signals = goro::make_chan<int>(1);
    goro::signal::notify(signals, {10});
    std::thread other([] { std::this_thread::sleep_for(50ms); });
    goro::blocking([&] { other.join(); });
  });
}

}  // namespace

int main(int, char** argv) {
  const std::string_view how = argv[1];
  if (how == "channel") {
    channel();
  } else if (how == "mutexes") {
    mutexes();
  } else if (how == "goexit") {
    goexit();
  } else if (how == "foreign_thread") {
    foreign_thread();
  } else if (how == "blocking") {
    blocking();
  } else {
    alive();
  }
}
