// What goro leaves as it is: the main thread's exceptions, and the terminate handler of the program.
#include <goro/go.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string_view>

namespace {

void fail() { throw std::runtime_error("boom"); }

void wait_forever() {
  for (;;) {
    goro::yield();
  }
}

}  // namespace

int main(int, char** argv) {
  const std::string_view what = argv[1];
  if (what == "main_thread") {
    goro::run([] {});
    fail();
  }
  if (what == "own_handler") {
    std::set_terminate([] {
      std::fputs("the program's own handler\n", stderr);
      std::_Exit(7);
    });
    goro::run([] {
      goro::go(fail);
      wait_forever();
    });
  }
  if (what == "no_exception") {
    goro::go([] { std::terminate(); });
    wait_forever();
  }
  if (what == "noexcept") {
    goro::go([]() noexcept { fail(); });
    wait_forever();
  }
}
