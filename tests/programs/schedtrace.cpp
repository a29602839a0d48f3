// Lines about the scheduler, in the form of Go's.
#include <goro/goro.hpp>

#include <chrono>

int main() {
  goro::run([] {
    const goro::chan<int> c = goro::make_chan<int>();
    goro::go([c] { c.recv(); });
    goro::sleep(std::chrono::milliseconds(150));
  });
}
