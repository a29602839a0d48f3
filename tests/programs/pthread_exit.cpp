#include <goro/go.hpp>

#include <pthread.h>

int main() {
  goro::run([] {
    goro::go([] { pthread_exit(nullptr); });
    for (;;) {
      goro::yield();
    }
  });
}
