// Reading and calling where nothing is.
#include <goro/go.hpp>

#include <cstdint>
#include <string_view>

namespace app {

[[gnu::noinline]] int read(const volatile int* where) { return *where; }

[[gnu::noinline]] void call(void (*f)()) {
  f();
  asm volatile("");  // no tail call
}

[[gnu::noinline]] void misbehave(std::string_view how) {
  volatile std::uintptr_t wild = how == "wild" ? 0x123456789000 : 0;
  if (how == "call") {
    call(reinterpret_cast<void (*)()>(wild));
  }
  read(reinterpret_cast<const int*>(wild));
}

}  // namespace app

int main(int, char** argv) {
  goro::go(app::misbehave, std::string_view{argv[1]});
  for (;;) {
    goro::yield();
  }
}
