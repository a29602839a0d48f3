// Behaviour of goro::pool. Names in capitals are those of Go's sync/pool_test.go.
#include "goro/pool.hpp"

#include <memory>
#include <string>

#include "support.hpp"

using namespace support;

namespace {

using string_ptr = std::unique_ptr<std::string>;

string_ptr boxed(std::string s) { return std::make_unique<std::string>(std::move(s)); }

// In the race build the pool drops objects at random, on purpose.
constexpr bool keeps_everything = !GORO_WITH_TSAN;

TEST(sync_pool, TestPool) {
  goro::pool<string_ptr> p;
  EXPECT_EQ(p.try_get(), std::nullopt);
  EXPECT_EQ(p.get(), nullptr);  // no make function: T()
  p.put(boxed("a"));
  p.put(boxed("b"));
  int found = 0;
  while (auto s = p.try_get()) {
    EXPECT_TRUE(**s == "a" || **s == "b");
    ++found;
  }
  EXPECT_EQ(found, keeps_everything ? 2 : found);
}

TEST(sync_pool, TestPoolNew) {
  int made = 0;
  goro::pool<int> p([&made] { return ++made; });
  EXPECT_EQ(p.get(), 1);
  EXPECT_EQ(p.get(), 2);
  p.put(42);
  const int got = p.get();
  EXPECT_TRUE(got == 42 || (!keeps_everything && got == 3));
  EXPECT_EQ(p.try_get(), std::nullopt);
}

struct counted {
  static inline std::atomic<int> alive{0};
  counted() { ++alive; }
  counted(counted&&) noexcept { ++alive; }
  counted& operator=(counted&&) noexcept = default;
  ~counted() { --alive; }
};

// Objects beyond a bounded number are not kept. (Go's pool gives them to the garbage collector.)
TEST(sync_pool, TestPoolGC) {
  goro::pool<counted> p;
  for (int i = 0; i < 100'000; ++i) {
    p.put(counted());
  }
  EXPECT_LT(counted::alive, 10'000);
}

TEST(sync_pool, TestPoolRelease) {
  {
    goro::pool<counted> p;
    together(4, [&](int) {
      for (int i = 0; i < 100; ++i) {
        p.put(counted());
      }
    });
  }
  EXPECT_EQ(counted::alive, 0);
}

// What is written before put() is seen after get(); no object is given out twice.
TEST(sync_pool, TestPoolStress) {
  sweep_processors([] {
    goro::pool<std::unique_ptr<int>> p([] { return std::make_unique<int>(0); });
    together(10, [&](int) {
      for (int i = 0; i < 500 * scale; ++i) {
        auto n = p.get();
        ASSERT_EQ(*n, 0);
        *n = 1;
        if (i % 16 == 0) {
          goro::yield();
        }
        *n = 0;
        p.put(std::move(n));
      }
    });
  });
}

TEST(sync_pool, TestNilPool) {
  goro::pool<std::string> p(nullptr);  // an empty make function is found when it is needed
  p.put("a");
  if (const auto kept = p.try_get()) {
    EXPECT_EQ(*kept, "a");
  }
  EXPECT_THROW(p.get(), std::bad_function_call);
}

}  // namespace
