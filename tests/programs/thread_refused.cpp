// GORODEBUG=deny=thread[:n] refuses threads from the n-th on.
#include <goro/go.hpp>

#include <cstdio>

int main() {
  int result = goro::run([] {
    for (int i = 0; i < 1000; ++i) {
      goro::go([] { goro::yield(); });
    }
    while (goro::num_goroutine() > 1) {
      goro::yield();
    }
    return 3;
  });
  std::printf("result %d\n", result);
}
