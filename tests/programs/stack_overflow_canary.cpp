// Without guards an overflow is seen when the goroutine next stops: by the words below its limit.
#include <goro/goro.hpp>

#include <cstddef>

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
    goro::go({.stack_size = std::size_t{20} << 10}, [&] {
      char top = 0;
      // 32 KiB of slot less 16 KiB that would be the guard leave 16 KiB, which a slot of twice the size doubles and more;
      // so the descent is by what the slot has, 4 KiB beyond the usable part.
      constexpr std::ptrdiff_t usable = GORO_SLOT_SIZE - (std::ptrdiff_t{16} << 10);
      app::descend_to(&top - usable - (std::ptrdiff_t{4} << 10));
      goro::yield();
      done.done();
    });
    done.wait();
  });
}
