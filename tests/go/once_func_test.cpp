// Behaviour of goro::once_func and once_value. Names in capitals are those of Go's sync/oncefunc_test.go.
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "goro/once.hpp"
#include "support.hpp"

using namespace support;

namespace {

TEST(sync_once_func, TestOnceFunc) {
  int calls = 0;
  const auto f = goro::once_func([&calls] { ++calls; });
  EXPECT_EQ(calls, 0);
  const auto copy = f;
  together(4, [&](int) { f(); });
  copy();
  EXPECT_EQ(calls, 1);
}

TEST(sync_once_func, TestOnceValue) {
  int calls = 0;
  const auto f = goro::once_value([&calls] { return ++calls; });
  together(4, [&](int) { EXPECT_EQ(f(), 1); });
  EXPECT_EQ(f(), 1);
  EXPECT_EQ(calls, 1);
}

TEST(sync_once_func, TestOnceValues) {
  int calls = 0;
  const auto f = goro::once_value([&calls] { return std::pair(++calls, std::string("two")); });
  const auto& [number, word] = f();
  EXPECT_EQ(number, 1);
  EXPECT_EQ(word, "two");
  EXPECT_EQ(&f().second, &word);
}

TEST(sync_once_func, HoldsMoveOnlyFunctionsAndResults) {
  const auto f = goro::once_value([p = std::make_unique<int>(5)]() mutable { return std::move(p); });
  EXPECT_EQ(*f(), 5);
  static int variable = 0;
  const auto reference = goro::once_value([]() -> int& { return variable; });
  EXPECT_EQ(&reference(), &variable);
}

// Every call throws the very same exception.
template <class F>
void expect_same_exception(F& f, const int& calls) {
  const std::exception* first = nullptr;
  for (int i = 0; i < 3; ++i) {
    try {
      f();
      FAIL() << "no exception";
    } catch (const std::runtime_error& e) {
      EXPECT_STREQ(e.what(), "x");
      EXPECT_TRUE(first == nullptr || first == &e);
      first = &e;
    }
  }
  EXPECT_EQ(calls, 1);
}

TEST(sync_once_func, TestOnceFuncPanic) {
  int calls = 0;
  auto f = goro::once_func([&calls] {
    ++calls;
    throw std::runtime_error("x");
  });
  expect_same_exception(f, calls);
}

TEST(sync_once_func, TestOnceValuePanic) {
  int calls = 0;
  auto f = goro::once_value([&calls]() -> int {
    ++calls;
    throw std::runtime_error("x");
  });
  expect_same_exception(f, calls);
}

TEST(sync_once_func, TestOnceValuesPanic) {
  int calls = 0;
  auto f = goro::once_value([&calls]() -> std::pair<int, int> {
    ++calls;
    throw std::runtime_error("x");
  });
  expect_same_exception(f, calls);
}

// Go's panic(nil): an exception that carries nothing.
TEST(sync_once_func, TestOnceFuncPanicNil) {
  const auto f = goro::once_func([] { throw nullptr; });
  EXPECT_THROW(f(), std::nullptr_t);
  EXPECT_THROW(f(), std::nullptr_t);
}

TEST(sync_once_func, TestOnceFuncGoexit) {
  int calls = 0;
  const auto f = goro::once_func([&calls] {
    ++calls;
    goro::goexit();
  });
  for (int i = 0; i < 2; ++i) {
    std::atomic<bool> ended{false};
    std::atomic<bool> returned{false};
    goro::go([&] {
      const goro::defer at_end{[&] { ended = true; }};
      if (i == 0) {
        f();
      } else {
        EXPECT_TRUE(panics_with("once: goroutine exited without a result", f));
      }
      returned = true;
    });
    ASSERT_TRUE(eventually([&] { return ended.load(); }));
    EXPECT_EQ(returned, i == 1);
  }
  EXPECT_EQ(calls, 1);
}

// What the function captured goes when it has been called, also when it threw.
TEST(sync_once_func, TestOnceXGC) {
  auto captured = std::make_shared<int>(0);
  std::weak_ptr<int> watch = captured;
  const auto f = goro::once_func([captured = std::move(captured)] {});
  EXPECT_FALSE(watch.expired());
  f();
  EXPECT_TRUE(watch.expired());

  captured = std::make_shared<int>(0);
  watch = captured;
  const auto g = goro::once_value([captured = std::move(captured)]() -> int { throw std::runtime_error("x"); });
  EXPECT_THROW(g(), std::runtime_error);
  EXPECT_TRUE(watch.expired());
}

}  // namespace
