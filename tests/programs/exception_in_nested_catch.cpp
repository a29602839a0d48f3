// An exception that is thrown while two others are being handled, and one that is rethrown.
#include <goro/go.hpp>

#include <stdexcept>
#include <string_view>

namespace app {

[[gnu::noinline]] void third() { throw std::out_of_range("third"); }

[[gnu::noinline]] void second() {
  try {
    throw std::logic_error("second");
  } catch (const std::exception&) {
    goro::yield();
    third();
  }
}

[[gnu::noinline]] void first() {
  try {
    throw std::runtime_error("first");
  } catch (const std::exception&) {
    goro::yield();
    second();
  }
}

[[gnu::noinline]] void again() {
  try {
    throw std::runtime_error("first");
  } catch (const std::exception&) {
    goro::yield();
    throw;
  }
}

}  // namespace app

int main(int, char** argv) {
  goro::go(std::string_view{argv[1]} == "rethrow" ? app::again : app::first);
  for (;;) {
    goro::yield();
  }
}
