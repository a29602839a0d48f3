// Which races were reported already. Not thread-safe: reports come one at a time.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace goro::diag {

// Remembers the last 1,024 of each kind, in memory of its own: it is used while the heap must be left alone.
class race_memory {
 public:
  // Were the two calls, in either order, met before?
  bool meet_calls(std::span<void* const> first, std::span<void* const> second) noexcept {
    const std::uint64_t a = hash_of(first);
    const std::uint64_t b = hash_of(second);
    return calls_.meet({std::min(a, b), std::max(a, b)}, [](const pair& x, const pair& y) { return x == y; });
  }

  // Was a place that has a byte in common met before?
  bool meet_place(std::uintptr_t start, std::size_t size) noexcept {
    return places_.meet({start, start + size}, [](const pair& x, const pair& y) { return x[0] < y[1] && y[0] < x[1]; });
  }

 private:
  using pair = std::array<std::uint64_t, 2>;

  class list {
   public:
    template <class Equal>
    bool meet(const pair& one, Equal equal) noexcept {
      const auto end = kept_.begin() + static_cast<std::ptrdiff_t>(std::min(count_, kept_.size()));
      if (std::any_of(kept_.begin(), end, [&](const pair& other) { return equal(one, other); })) {
        return true;
      }
      kept_[count_++ % kept_.size()] = one;
      return false;
    }

   private:
    std::size_t count_ = 0;
    std::array<pair, 1024> kept_{};
  };

  static std::uint64_t hash_of(std::span<void* const> calls) noexcept {
    std::uint64_t hash = calls.size();
    for (const void* call : calls) {
      hash = (hash ^ reinterpret_cast<std::uintptr_t>(call)) * 0x9E3779B97F4A7C15ULL;
      hash ^= hash >> 29;
    }
    return hash;
  }

  list calls_;
  list places_;
};

}  // namespace goro::diag
