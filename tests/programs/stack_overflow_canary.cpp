// Without guards an overflow is seen when the goroutine next stops: by the words below its limit.
#include <goro/goro.hpp>

#include <chrono>
#include <cstdint>

namespace app {

// Frames written to the full, down to `low`.
[[gnu::noinline]] char descend_to(const char* low) {
  volatile char space[512];
  for (volatile char& c : space) {
    c = 1;
  }
  const char* here = const_cast<const char*>(&space[0]);
  return here < low ? space[1] : static_cast<char>(descend_to(low) + space[0]);
}

}  // namespace app

int main() {
  goro::run([] {
    goro::wait_group done;
    done.add();
    goro::go([&] {
      // A stack lies in a slot aligned to its own size, whose lowest 16 KiB would be the guard.
      constexpr std::uintptr_t slot = std::uintptr_t{GORO_WITH_ASAN || GORO_WITH_TSAN ? 512 : 256} << 10;
      char top = 0;
      const std::uintptr_t base = reinterpret_cast<std::uintptr_t>(&top) & ~(slot - 1);
      app::descend_to(reinterpret_cast<const char*>(base + (std::uintptr_t{12} << 10)));
      goro::sleep(std::chrono::microseconds(1));
      done.done();
    });
    done.wait();
  });
}
