// A tree of goroutines, ten children each down to a million leaves; the leaves' numbers are summed up on the way back.
#include <array>
#include <cstdint>
#include <numeric>

#include "goro/wait_group.hpp"
#include "stress.hpp"

namespace {

constexpr std::uint64_t leaves = stress::by_build<std::uint64_t>(1'000'000, 100'000, 1'000);

std::uint64_t skynet(std::uint64_t first, std::uint64_t count) {
  if (count == 1) {
    return first;
  }
  std::array<std::uint64_t, 10> sums{};  // plain: the wait_group must order writer and reader
  goro::wait_group group;
  const std::uint64_t share = count / 10;
  for (std::uint64_t i = 0; i < 10; ++i) {
    group.go([&sum = sums[i], first = first + i * share, share] { sum = skynet(first, share); });
  }
  group.wait();
  if (count >= 10'000) {
    stress::progress();
  }
  return std::accumulate(sums.begin(), sums.end(), std::uint64_t{0});
}

}  // namespace

int main(int argc, char** argv) {
  return stress::play(argc, argv, "skynet", 2, [](long) {
    stress::expect_equal(skynet(0, leaves), leaves * (leaves - 1) / 2, "sum of the leaves");
  });
}
