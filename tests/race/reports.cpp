// usage: reports VARIANT     Races whose reports are compared with expected/<variant>.txt. After Go's output_test.go.
#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>

#include "goro/goro.hpp"

using namespace std::chrono_literals;

namespace {

int shared_number = 0;
goro::chan<bool> done_channel;

void store(int value) { shared_number = value; }

// Which access comes first, by what is no order to ThreadSanitizer.
std::atomic<bool> first_is_done{false};
void first_done() { first_is_done.store(true, std::memory_order_relaxed); }
void wait_for_first() {
  while (!first_is_done.load(std::memory_order_relaxed)) {
    goro::sleep(1ms);
  }
}

void racer() {
  wait_for_first();
  store(42);
  done_channel.send(true);
}

void start_racer() { goro::go(racer); }

// The other access is main's, from before; the goroutine's is met.
void simple() {
  start_racer();
  store(43);
  first_done();
  done_channel.recv();
}

void thread() {
  std::thread other([] { store(1), first_done(); });
  wait_for_first();
  store(2);
  other.join();
}

void heap() {
  int* number = new int(0);
  goro::go([number] {
    *number = 1;
    first_done();
    done_channel.send(true);
  });
  wait_for_first();
  *number = 2;
  done_channel.recv();
}

void close_beside_send() {
  auto channel = goro::make_chan<int>(1);
  goro::go([channel] {
    channel.send(1);
    first_done();
    done_channel.send(true);
  });
  wait_for_first();
  channel.close();
  done_channel.recv();
}

// A goroutine's history is kept in parts, and to begin a new one takes locks that are held during a report. With this many reports,
// anything in them that was an event of the history would sooner or later want a new part.
void many() {
  for (int i = 0; i < 4000; ++i) {
    goro::go([] {
      store(1);
      done_channel.send(true);
    });
    store(2);
    done_channel.recv();
  }
}

}  // namespace

int main(int count, char** words) {
  done_channel = goro::make_chan<bool>(1);
  const char* variant = count > 1 ? words[1] : "";
  if (std::strcmp(variant, "simple") == 0) {
    simple();
  } else if (std::strcmp(variant, "thread") == 0) {
    thread();
  } else if (std::strcmp(variant, "heap") == 0) {
    heap();
  } else if (std::strcmp(variant, "close_beside_send") == 0) {
    close_beside_send();
  } else if (std::strcmp(variant, "many") == 0) {
    many();
  }
}
