// A program of somebody else's: what it needs of goro must come with the package.
#include <atomic>
#include <cstdio>

#include <goro/goro.hpp>

int main() {
  std::atomic<int> sum{0};
  goro::wait_group wg;
  for (int i = 1; i <= 100; ++i) {
    wg.add();
    goro::go([&, i] {
      sum += i;
      wg.done();
    });
  }
  wg.wait();
  std::printf("sum %d\n", sum.load());
  return sum == 5050 ? 0 : 1;
}
