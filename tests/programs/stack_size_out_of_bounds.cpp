#include <goro/go.hpp>

#include <cstddef>
#include <cstdio>

namespace {

void try_size(std::size_t size) {
  try {
    goro::go({.stack_size = size}, [] {});
    std::puts("started");
  } catch (const goro::panic_error& e) {
    std::puts(e.what());
  }
}

}  // namespace

int main() {
  try_size(1);
  try_size(std::size_t{1} << 40);
  try_size(static_cast<std::size_t>(-1));
  try_size(std::size_t{64} << 10);
}
