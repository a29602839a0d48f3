// Recursion without end, in small and in large frames.
#include <goro/go.hpp>

#include <cstring>
#include <string_view>

namespace app {

volatile int last = -1;  // never reached, which the compiler cannot know

[[gnu::noinline]] int descend(int n) {
  volatile char space[64];
  space[n % 64] = static_cast<char>(n);
  return n == last ? 0 : descend(n + 1) + space[0];
}

// Each frame is three times the guard, so the stack pointer jumps across it.
[[gnu::noinline]] int leap(int n) {
  volatile char space[48 << 10];
  space[n % 64] = static_cast<char>(n);
  return n == last ? 0 : leap(n + 1) + space[0];
}

[[gnu::noinline]] void start(std::string_view how) {
  goro::go_options options;
  if (how != "unnamed") {
    options.name = "deep";
  }
  if (how == "sized") {
    options.stack_size = std::size_t{20} << 10;
  }
  goro::go(options, how == "big_frame" ? app::leap : app::descend, 0);
}

}  // namespace app

int main(int, char** argv) {
  goro::run([argv] {
    app::start(argv[1]);
    for (;;) {
      goro::yield();
    }
  });
}
