// A rate limiter lets a burst through and then so many a second. Who comes too early waits, or is turned away.
#include <chrono>
#include <cstdio>

#include <goro/goro.hpp>

using namespace std::chrono_literals;

int main() {
  std::puts("watch: three requests pass at once, the others at 20 a second; the last one would be too late");
  goro::rate::limiter limiter(20, 3);
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [start] {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  };

  goro::wait_group wg;
  for (int i = 0; i < 8; ++i) {
    wg.go([&] {
      if (!limiter.wait(goro::background())) {
        std::printf("served after %.0f ms\n", elapsed());
      }
    });
  }
  wg.wait();

  int served = 0;
  for (int i = 0; i < 100; ++i) {
    served += limiter.allow() ? 1 : 0;
  }
  std::printf("without waiting: %d of 100 at the same moment\n", served);

  const goro::rate::reservation taken = limiter.reserve_n(std::chrono::steady_clock::now(), 3);
  const auto [ctx, cancel] = goro::with_timeout(goro::background(), 20ms);
  const std::error_code error = limiter.wait(ctx);
  std::printf("with a deadline in 20 ms and three before us: %s\n", error.message().c_str());
  return taken.ok() && error ? 0 : 1;
}
