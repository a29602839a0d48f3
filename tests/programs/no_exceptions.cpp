// Compiled with -fno-exceptions and -fno-rtti: every header can be included and used.
#include <goro/debug.hpp>
#include <goro/goro.hpp>

#include <atomic>
#include <cstdio>

int main() {
  return goro::run([] {
    std::atomic<int> sum{0};
    goro::wait_group wg;
    for (int i = 1; i <= 10; ++i) {
      wg.go([&sum, i] {
        goro::defer add{[&] { sum += i; }};
        goro::yield();
      });
    }
    wg.wait();
    goro::mutex m;
    const std::lock_guard hold(m);
    const int doubled = goro::async([&] { return sum * 2; }).get();
    goro::go([] { goro::goexit(); });
    std::printf("%d %d %s\n", sum.load(), doubled,
                goro::debug::stack().starts_with("goroutine 1 ") ? "goroutine" : "?");
    return 0;
  });
}
