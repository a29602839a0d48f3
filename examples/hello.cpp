// Hello: goro::go() starts a function that runs beside you, and returns at once.
#include <chrono>
#include <cstdio>

#include <goro/goro.hpp>

using namespace std::chrono_literals;

void say(const char* word) {
  for (int i = 0; i < 5; ++i) {
    goro::sleep(100ms);
    std::puts(word);
  }
}

int main() {
  std::puts("watch: the two words come in turn, and the whole takes half a second, not one");
  goro::go(say, "world");  // a new goroutine
  say("hello");            // this thread
  // As in Go, nobody waits for the others when main() returns: the last "world" may be lost. The next programs wait.
}
