#include <goro/go.hpp>

#include <functional>
#include <string_view>

namespace {

[[gnu::noinline]] void start(const std::function<void()>& f) { goro::go(f); }

}  // namespace

int main(int, char** argv) {
  if (std::string_view{argv[1]} == "pointer") {
    void (*nothing)() = nullptr;
    goro::go(nothing);
  }
  if (std::string_view{argv[1]} == "goroutine") {
    goro::run([] { start({}); });
  }
}
