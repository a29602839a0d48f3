// Wait group: count the tasks up before they start, down as each one ends, and wait for zero.
#include <chrono>
#include <cstdio>

#include <goro/goro.hpp>

using namespace std::chrono_literals;

int main() {
  std::puts("watch: three tasks of 300 ms each are all done after 300 ms");
  const auto start = std::chrono::steady_clock::now();

  goro::wait_group wg;
  wg.add(3);  // before the go statements: wait() must not see zero too early
  for (const char* task : {"task 1", "task 2", "task 3"}) {
    goro::go([&wg, task] {
      goro::defer done{[&] { wg.done(); }};  // on every way out
      std::printf("starting %s\n", task);
      goro::sleep(300ms);
      std::printf("finished %s\n", task);
    });
  }
  wg.wait();

  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  std::printf("all tasks completed after %.0f ms\n", took.count());
}
