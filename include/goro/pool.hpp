// Things worth keeping for the next one who needs them.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "goro/detail/atomic.hpp"
#include "goro/detail/config.hpp"
#include "goro/detail/shard.hpp"

namespace goro {

// A set of interchangeable objects, such as buffers: put() one that is no longer needed, get() one back instead of
// making a new one.
//
// Objects may vanish: the pool keeps a bounded number per shard and destroys what is beyond it (in the race build also
// every fourth one, so that nobody relies on getting his own back). A get() has no relation to a certain put() but one:
// what happened before the put() of an object happens before the get() that returns it. Nothing here ever blocks. Go:
// sync.Pool (sync/pool.go).
template <class T>
class pool {
 public:
  // get() on an empty pool makes a T by T().
  pool()
    requires std::default_initializable<T>
      : make_([] { return T(); }) {}

  // get() on an empty pool calls make. Go: Pool.New.
  explicit pool(std::function<T()> make) : make_(std::move(make)) {}

  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;

  // Takes an object out of the pool, or makes one. Throws what making one throws.
  T get() {
    if (auto kept = try_get()) {
      return std::move(*kept);
    }
    return make_();
  }

  // Takes an object out of the pool, if there is one.
  std::optional<T> try_get() {
    const unsigned first = detail::shard_hint();
    for (unsigned i = 0; i < shards; ++i) {
      shard& s = shards_[(first + i) % shards];
      if (s.size_hint.load(detail::memory_order_relaxed) == 0 || !s.try_enter()) {
        continue;
      }
      const leave_at_end leave{s};
      if (!s.kept.empty()) {
        std::optional<T> found(std::move(s.kept.back()));
        s.kept.pop_back();
        return found;
      }
    }
    return std::nullopt;
  }

  // Gives an object to the pool, which may keep it or destroy it. Throws std::bad_alloc.
  void put(T object) {
    if (GORO_WITH_TSAN && detail::one_in(4)) {
      return;
    }
    const unsigned first = detail::shard_hint();
    for (unsigned i = 0; i < shards; ++i) {
      shard& s = shards_[(first + i) % shards];
      if (!s.try_enter()) {
        continue;
      }
      const leave_at_end leave{s};
      if (s.kept.size() < kept_per_shard) {
        s.kept.push_back(std::move(object));
      }
      return;
    }
  }

 private:
  static constexpr unsigned shards = 16;
  static constexpr std::size_t kept_per_shard = 128;

  // A shard is entered by one goroutine at a time; who finds it occupied goes to the next one instead of waiting.
  struct alignas(detail::cache_line) shard {
    detail::atomic<bool> occupied{false};
    detail::atomic<std::size_t> size_hint{0};  // kept.size() at the last leave(): spares entering an empty shard
    std::vector<T> kept;

    bool try_enter() noexcept { return !occupied.exchange(true, detail::memory_order_acquire); }  // sync: pool-shard
    void leave() noexcept {
      size_hint.store(kept.size(), detail::memory_order_relaxed);
      occupied.store(false, detail::memory_order_release);  // sync: pool-shard
    }
  };
  struct leave_at_end {
    shard& entered;
    ~leave_at_end() { entered.leave(); }
  };

  std::array<shard, shards> shards_;
  std::function<T()> make_;
};

}  // namespace goro
