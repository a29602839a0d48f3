// What AddressSanitizer and UndefinedBehaviorSanitizer see in goroutines.
#include <goro/goro.hpp>

#include <climits>
#include <memory>
#include <string_view>

namespace {

volatile int sink = 0;

void use_freed() {
  auto owner = std::make_unique<int>(1);
  const int* freed = owner.get();
  owner.reset();
  goro::yield();
  sink = *freed;
}

void overflow() {
  int n = INT_MAX - 1;
  for (int i = 0; i < 2; ++i) {
    goro::yield();
    n += 1;
  }
  sink = n;
}

void write_beyond() {
  int numbers[4] = {};
  volatile int* at = numbers;
  goro::yield();
  for (int i = 0; i <= 4; ++i) {
    at[i] = i;
  }
  sink = numbers[0];
}

}  // namespace

int main(int, char** argv) {
  const std::string_view how = argv[1];
  goro::run([how] { how == "free" ? use_freed() : how == "overflow" ? overflow() : write_beyond(); });
}
