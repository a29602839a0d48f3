// Seam: the only way to a random number inside goro. Not for secrets: it serves stealing order, fairness and jitter.
#pragma once

#include <cstdint>

namespace goro::base {

// A xorshift64* generator (Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled").
class random {
 public:
  explicit constexpr random(std::uint64_t seed) noexcept : state_(seed | 1) {}

  constexpr std::uint32_t next() noexcept {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<std::uint32_t>((state_ * 0x2545F4914F6CDD1DULL) >> 32);
  }

  // Uniform in [0, bound); bound > 0.
  constexpr std::uint32_t below(std::uint32_t bound) noexcept {
    return static_cast<std::uint32_t>((std::uint64_t{next()} * bound) >> 32);
  }

 private:
  std::uint64_t state_;
};

// A seed that differs between processes and calls, unless a test fixed it.
std::uint64_t random_seed() noexcept;

// Tests: from now on the n-th call of random_seed() gives the same in every process. 0 ends that.
void fix_random_seed(std::uint64_t seed) noexcept;

}  // namespace goro::base
