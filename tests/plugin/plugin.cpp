// What a program loads: it has no main, and starts goro's threads when it is first called.
#include <chrono>
#include <stdexcept>

#include "goro/chan.hpp"
#include "goro/go.hpp"
#include "goro/time.hpp"
#include "goro/wait_group.hpp"

// The sum of the squares below n, by a goroutine for each.
extern "C" int sum_of_squares(int n) {
  int sum = 0;
  goro::run([&] {
    const auto squares = goro::make_chan<int>();
    for (int i = 0; i < n; ++i) {
      goro::go([squares, i] {
        goro::sleep(std::chrono::microseconds(100));
        squares.send(i * i);
      });
    }
    for (int i = 0; i < n; ++i) {
      sum += squares.recv().value();
    }
  });
  return sum;
}

// An exception crosses goroutines' stacks that lie in the library.
extern "C" bool catches() {
  bool caught = false;
  goro::wait_group group;
  group.go([&caught] {
    try {
      goro::yield();
      throw std::runtime_error("in a goroutine");
    } catch (const std::runtime_error&) {
      caught = true;
    }
  });
  group.wait();
  return caught;
}
