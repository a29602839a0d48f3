// The main goroutine leaves; when the others have ended too, nobody can ever run again.
#include <goro/go.hpp>

#include <cstdio>

int main() {
  goro::run([] {
    for (int i = 0; i < 3; ++i) {
      goro::go([] {
        for (int turn = 0; turn < 10; ++turn) {
          goro::yield();
        }
        std::puts("goroutine ends");
        std::fflush(stdout);
      });
    }
    goro::goexit();
  });
}
