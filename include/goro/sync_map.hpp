// A hash map for many goroutines.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "goro/detail/shard.hpp"
#include "goro/shared_mutex.hpp"

namespace goro {

// Each operation is one atomic step on its key; a write happens before every read that sees it. Values go in and out by
// copy (use a std::shared_ptr for large ones). Operations may block for the time another one needs on the same
// sixteenth of the map; none calls user code other than hash, equality and copying with a lock held, so destructors of
// values and the functions given to range() may use the map. Throws what copying and hashing throw, and std::bad_alloc.
// Go: sync.Map (sync/map.go).
template <class K, class V, class Hash = std::hash<K>, class Equal = std::equal_to<K>>
class sync_map {
 public:
  sync_map() = default;
  sync_map(const sync_map&) = delete;
  sync_map& operator=(const sync_map&) = delete;

  // The value of key, if there is one.
  std::optional<V> load(const K& key) const {
    const shard& s = shard_of(key);
    const std::shared_lock hold(s.lock);
    const auto found = s.entries.find(key);
    return found == s.entries.end() ? std::nullopt : std::optional<V>(found->second);
  }

  // Sets the value of key.
  void store(const K& key, V value) { (void)swap(key, std::move(value)); }

  // The value that key has (and true), or `value`, which it gets now (and false).
  std::pair<V, bool> load_or_store(const K& key, V value) {
    if (auto found = load(key)) {
      return {std::move(*found), true};
    }
    shard& s = shard_of(key);
    const std::lock_guard hold(s.lock);
    const auto [entry, is_new] = s.entries.try_emplace(key, std::move(value));
    return {entry->second, !is_new};
  }

  // Removes key and returns the value it had, if any.
  std::optional<V> load_and_delete(const K& key) {
    node removed;
    shard& s = shard_of(key);
    const std::lock_guard hold(s.lock);
    const auto found = s.entries.find(key);
    if (found == s.entries.end()) {
      return std::nullopt;
    }
    removed = s.entries.extract(found);
    return std::move(removed.mapped());
  }

  // Removes key; true if it was there. Go: Map.Delete.
  bool erase(const K& key) { return load_and_delete(key).has_value(); }

  // Sets the value of key and returns the one it had, if any.
  std::optional<V> swap(const K& key, V value) {
    shard& s = shard_of(key);
    const std::lock_guard hold(s.lock);
    const auto [entry, is_new] = s.entries.try_emplace(key, std::move(value));
    if (is_new) {
      return std::nullopt;
    }
    return std::exchange(entry->second, std::move(value));  // try_emplace has left it alone
  }

  // Sets the value of key if it has one that equals `expected`. True if it did.
  bool compare_and_swap(const K& key, const V& expected, V value)
    requires std::equality_comparable<V>
  {
    shard& s = shard_of(key);
    const std::lock_guard hold(s.lock);
    const auto found = s.entries.find(key);
    if (found == s.entries.end() || !(found->second == expected)) {
      return false;
    }
    std::swap(found->second, value);  // the old one is destroyed with the argument, after the lock
    return true;
  }

  // Removes key if its value equals `expected`. True if it did.
  bool compare_and_delete(const K& key, const V& expected)
    requires std::equality_comparable<V>
  {
    node removed;
    shard& s = shard_of(key);
    const std::lock_guard hold(s.lock);
    const auto found = s.entries.find(key);
    if (found == s.entries.end() || !(found->second == expected)) {
      return false;
    }
    removed = s.entries.extract(found);
    return true;
  }

  // Calls f(key, value) for the entries, until f returns false (an f that returns nothing sees them all). Not a
  // snapshot: no key comes twice, and one that is stored or deleted meanwhile comes with any value it had during the
  // call, or not at all. f may use the map.
  template <class F>
  void range(F&& f) const {
    std::vector<std::pair<K, V>> copies;
    for (const shard& s : shards_) {
      {
        const std::shared_lock hold(s.lock);
        copies.assign(s.entries.begin(), s.entries.end());
      }
      for (const auto& [key, value] : copies) {
        if constexpr (std::is_void_v<std::invoke_result_t<F&, const K&, const V&>>) {
          f(key, value);
        } else if (!f(key, value)) {
          return;
        }
      }
    }
  }

  // Removes everything, one sixteenth after the other.
  void clear() {
    for (shard& s : shards_) {
      entries_map removed;
      const std::lock_guard hold(s.lock);
      removed.swap(s.entries);
    }
  }

 private:
  using entries_map = std::unordered_map<K, V, Hash, Equal>;
  using node = typename entries_map::node_type;

  struct alignas(detail::cache_line) shard {
    mutable shared_mutex lock;
    entries_map entries;
  };
  static constexpr std::size_t shard_count = 16;

  // The high bits of a multiplied hash: std::hash of an integer is the integer, whose low bits the shard's own table
  // uses.
  static std::size_t shard_index(const K& key) {
    return (static_cast<std::uint64_t>(Hash{}(key)) * 0x9E3779B97F4A7C15ULL) >> 60;
  }
  static_assert(shard_count == std::size_t{1} << 4);
  shard& shard_of(const K& key) { return shards_[shard_index(key)]; }
  const shard& shard_of(const K& key) const { return shards_[shard_index(key)]; }

  std::array<shard, shard_count> shards_;
};

}  // namespace goro
