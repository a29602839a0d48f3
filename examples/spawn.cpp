// Spawn: anything callable can become a goroutine; what it is given is copied at the go statement.
#include <cstdint>
#include <cstdio>
#include <string>

#include <goro/debug.hpp>
#include <goro/goro.hpp>

goro::wait_group wg;  // counts the goroutines that are still at work

void greet() {
  std::printf("a named function, goroutine %ju\n", std::uintmax_t{goro::goroutine_id()});
  wg.done();
}

void show(const std::string& what, int number) {
  std::printf("%s %d\n", what.c_str(), number);
  wg.done();
}

int main() {
  std::puts("watch: every number from 0 to 4 comes once on each side, in any order");

  wg.add(2);
  goro::go([] {
    std::printf("an anonymous function, goroutine %ju\n", std::uintmax_t{goro::goroutine_id()});
    wg.done();
  });
  goro::go(greet);

  // Pass the loop's value as an argument, or capture it by value. Captured by reference ([&]) it would
  // change, and die, under the goroutine's feet.
  wg.add(10);
  for (int i = 0; i < 5; ++i) {
    goro::go(show, "argument", i);
    goro::go([i] { show("captured", i); });
  }

  // A name appears wherever goro reports on a goroutine, as in the first line of its trace.
  wg.add();
  goro::go({.name = "poller"}, [] {
    const std::string trace = goro::debug::stack();
    std::printf("a goroutine with a name: %s\n", trace.substr(0, trace.find('\n')).c_str());
    wg.done();
  });

  // wg.go(f) is add, go and done in one.
  wg.go([] { std::puts("started by the wait_group itself"); });

  wg.wait();
  std::puts("all have ended");
}
