// Behaviour of goro::sync_map. Names in capitals are those of Go's sync/map_test.go.
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "goro/sync_map.hpp"
#include "support.hpp"

using namespace support;

namespace {

using int_map = goro::sync_map<int, int>;

// The reference: a std::map does the same in the same order.
class reference_map {
 public:
  std::optional<int> load(int k) const { return m_.contains(k) ? std::optional(m_.at(k)) : std::nullopt; }
  std::pair<int, bool> load_or_store(int k, int v) {
    const auto [entry, is_new] = m_.try_emplace(k, v);
    return {entry->second, !is_new};
  }
  std::optional<int> load_and_delete(int k) {
    auto old = load(k);
    m_.erase(k);
    return old;
  }
  std::optional<int> swap(int k, int v) {
    auto old = load(k);
    m_[k] = v;
    return old;
  }
  bool compare_and_swap(int k, int expected, int v) {
    const bool same = load(k) == expected;
    if (same) {
      m_[k] = v;
    }
    return same;
  }
  bool compare_and_delete(int k, int expected) {
    const bool same = load(k) == expected;
    if (same) {
      m_.erase(k);
    }
    return same;
  }
  void clear() { m_.clear(); }
  const std::map<int, int>& all() const { return m_; }

 private:
  std::map<int, int> m_;
};

std::map<int, int> contents(const int_map& m) {
  std::map<int, int> all;
  m.range([&](int k, int v) { EXPECT_TRUE(all.emplace(k, v).second) << "key twice"; });
  return all;
}

TEST(sync_map, TestMapMatchesRWMutex) {
  std::mt19937 random(42);
  int_map m;
  reference_map r;
  for (int i = 0; i < 20'000; ++i) {
    const int k = static_cast<int>(random() % 50);
    const int v = static_cast<int>(random() % 4);
    const int w = static_cast<int>(random() % 4);
    switch (random() % 8) {
      case 0:
        ASSERT_EQ(m.load(k), r.load(k));
        break;
      case 1:
        ASSERT_EQ(m.load_or_store(k, v), r.load_or_store(k, v));
        break;
      case 2:
        ASSERT_EQ(m.load_and_delete(k), r.load_and_delete(k));
        break;
      case 3:
        ASSERT_EQ(m.swap(k, v), r.swap(k, v));
        break;
      case 4:
        ASSERT_EQ(m.compare_and_swap(k, v, w), r.compare_and_swap(k, v, w));
        break;
      case 5:
        ASSERT_EQ(m.compare_and_delete(k, v), r.compare_and_delete(k, v));
        break;
      case 6:
        ASSERT_EQ(m.erase(k), r.load_and_delete(k).has_value());
        break;
      default:
        if (i % 500 == 0) {
          m.clear();
          r.clear();
        } else {
          m.store(k, v);
          r.swap(k, v);
        }
    }
    if (i % 100 == 0) {
      ASSERT_EQ(contents(m), r.all());
    }
  }
}

TEST(sync_map, TestConcurrentRange) {
  sweep_processors([] {
    constexpr int size = 256;
    int_map m;
    for (int n = 1; n <= size; ++n) {
      m.store(n, n);
    }
    std::atomic<bool> stop{false};
    together(3, [&](int who) {
      std::mt19937 random(static_cast<unsigned>(who));
      for (int i = 0; who > 0 && !stop; ++i) {
        for (int n = 1; n <= size; ++n) {
          if (random() % size == 0) {
            m.store(n, n * (i % 1000) * who);
          } else {
            m.load(n);
          }
        }
        goro::yield();
      }
      for (int i = 0; who == 0 && i < 16 * scale; ++i) {
        std::set<int> seen;
        m.range([&](int k, int v) {
          EXPECT_EQ(v % k, 0);
          EXPECT_TRUE(seen.insert(k).second) << "key twice";
          return true;
        });
        EXPECT_EQ(seen.size(), static_cast<std::size_t>(size));
      }
      if (who == 0) {
        stop = true;
      }
    });
  });
}

// A deleted key and value are really gone.
TEST(sync_map, TestIssue40999) {
  goro::sync_map<int, std::shared_ptr<int>> m;
  auto value = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = value;
  m.store(1, std::move(value));
  m.erase(1);
  EXPECT_TRUE(watch.expired());
}

TEST(sync_map, TestMapRangeNestedCall) {
  goro::sync_map<int, std::string> m;
  m.store(0, "hello");
  m.store(1, "world");
  m.store(2, "Go");
  m.range([&](int outer, const std::string&) {
    m.range([&](int k, const std::string& v) {
      EXPECT_EQ(m.load(k), v);
      EXPECT_FALSE(m.load_or_store(42, "dummy").second);
      m.store(42, "sync.Map");
      EXPECT_EQ(m.load_and_delete(42), "sync.Map");
      return true;
    });
    m.erase(outer);
    return true;
  });
  m.range([](int, const std::string&) { ADD_FAILURE() << "not empty"; });
}

TEST(sync_map, RangeStopsAtFalse) {
  int_map m;
  for (int i = 0; i < 100; ++i) {
    m.store(i, i);
  }
  int calls = 0;
  m.range([&](int, int) { return ++calls < 5; });
  EXPECT_EQ(calls, 5);
}

TEST(sync_map, TestCompareAndSwap_NonExistingKey) {
  int_map m;
  EXPECT_FALSE(m.compare_and_swap(1, 0, 42));
  EXPECT_FALSE(m.compare_and_delete(1, 0));
  EXPECT_EQ(m.load(1), std::nullopt);
}

TEST(sync_map, TestConcurrentClear) {
  sweep_processors([] {
    int_map m;
    together(30, [&](int i) {
      if (i < 10) {
        m.store(i, i * 10);
      } else if (i < 20) {
        EXPECT_EQ(m.load(i - 10).value_or((i - 10) * 10), (i - 10) * 10);
      } else {
        m.clear();
      }
    });
    m.clear();
    EXPECT_TRUE(contents(m).empty());
  });
}

// Of many that try, one wins.
TEST(sync_map, EachOperationIsOneStep) {
  sweep_processors([] {
    for (int round = 0; round < 5 * scale; ++round) {
      int_map m;
      std::atomic<int> stored{0};
      std::atomic<int> swapped{0};
      std::atomic<int> deleted{0};
      together(6, [&](int i) { stored += !m.load_or_store(7, i).second; });
      const int v = *m.load(7);
      together(6, [&](int) { swapped += m.compare_and_swap(7, v, 100); });
      together(6, [&](int) { deleted += m.load_and_delete(7).has_value(); });
      EXPECT_EQ(stored, 1);
      EXPECT_EQ(swapped, 1);
      EXPECT_EQ(deleted, 1);
    }
  });
}

// A value's destructor runs with no lock held: it may use the map.
TEST(sync_map, DestructorsOfValuesMayUseTheMap) {
  struct guest {
    goro::sync_map<int, std::shared_ptr<guest>>& map;
    int key;
    ~guest() { map.load(key); }
  };
  goro::sync_map<int, std::shared_ptr<guest>> m;
  const auto put = [&](int k) { m.store(k, std::shared_ptr<guest>(new guest{m, k})); };
  put(1);
  put(1);  // replaces
  m.erase(1);
  put(1);
  m.swap(1, nullptr);
  put(1);
  const auto held = m.load(1);
  EXPECT_TRUE(m.compare_and_swap(1, *held, nullptr));
  put(1);
  EXPECT_TRUE(m.compare_and_delete(1, *m.load(1)));
  put(1);
  m.clear();
}

}  // namespace
