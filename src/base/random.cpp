#include "base/random.hpp"

#include "base/atomic.hpp"
#include "base/os_seam.hpp"

namespace goro::base {
namespace {

atomic<std::uint64_t> fixed_seed{0};  // 0: none
atomic<std::uint64_t> calls{0};

// The finalizer of splitmix64: seeds that differ in one bit give unrelated generators.
constexpr std::uint64_t mix(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

}  // namespace

std::uint64_t random_seed() noexcept {
  const std::uint64_t fixed = fixed_seed.load(memory_order_relaxed);
  const std::uint64_t origin = fixed != 0 ? fixed : system_entropy();
  return mix(origin + calls.fetch_add(1, memory_order_relaxed) * 0x9E3779B97F4A7C15ULL);
}

void fix_random_seed(std::uint64_t seed) noexcept {
  fixed_seed.store(seed, memory_order_relaxed);
  calls.store(0, memory_order_relaxed);
}

}  // namespace goro::base
