// Behaviour of goro::async and goro::future. Go has no futures.
#include "goro/future.hpp"

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "support.hpp"

using namespace support;

namespace {

TEST(sync_future, GivesTheResult) {
  sweep_processors([] {
    auto a = goro::async([] { return 42; });
    auto b = goro::async([](int x, const std::string& s) { return s + std::to_string(x); }, 7, "x");
    auto c = goro::async([p = std::make_unique<int>(5)]() mutable { return std::move(p); });
    auto d = goro::async([] {});
    static int variable = 0;
    auto e = goro::async([]() -> int& { return variable; });
    EXPECT_EQ(a.get(), 42);
    EXPECT_EQ(b.get(), "x7");
    EXPECT_EQ(*c.get(), 5);
    d.get();
    EXPECT_EQ(&e.get(), &variable);
  });
}

TEST(sync_future, GetGivesTheResultAway) {
  auto f = goro::async([] { return 1; });
  EXPECT_TRUE(f.valid());
  EXPECT_EQ(f.get(), 1);
  EXPECT_FALSE(f.valid());
  EXPECT_TRUE(panics_with("future: no state", [&] { f.get(); }));
  EXPECT_TRUE(panics_with("future: no state", [&] { (void)f.ready(); }));
  EXPECT_FALSE(goro::future<int>().valid());
}

TEST(sync_future, RethrowsWhatTheFunctionThrew) {
  auto f = goro::async([]() -> int { throw std::runtime_error("x"); });
  f.wait();
  EXPECT_TRUE(f.ready());
  EXPECT_THROW(f.get(), std::runtime_error);
  EXPECT_FALSE(f.valid());
}

TEST(sync_future, PanicsAfterGoexit) {
  sweep_processors([] {
    auto f = goro::async([]() -> int { goro::goexit(); });
    EXPECT_TRUE(panics_with("future: goroutine exited without a result", [&] { f.get(); }));
    auto g = goro::async([] { goro::goexit(); });
    EXPECT_TRUE(panics_with("future: goroutine exited without a result", [&] { g.get(); }));
  });
}

TEST(sync_future, WaitsNoLongerThanAsked) {
  std::atomic<bool> go_on{false};
  auto f = goro::async([&] { EXPECT_TRUE(eventually([&] { return go_on.load(); })); });
  EXPECT_FALSE(f.ready());
  EXPECT_FALSE(f.wait_for(1ms));
  EXPECT_FALSE(f.wait_for(-1h));
  EXPECT_FALSE(f.wait_until(goro::time_point::min()));
  go_on = true;
  EXPECT_TRUE(f.wait_for(1h));
  EXPECT_TRUE(f.ready());
  f.get();
}

TEST(sync_future, DroppedItDoesNotWait) {
  std::atomic<bool> go_on{false};
  std::atomic<bool> ended{false};
  {
    auto dropped = goro::async([&] {
      EXPECT_TRUE(eventually([&] { return go_on.load(); }));
      ended = true;
    });
  }
  EXPECT_FALSE(ended);
  go_on = true;
  EXPECT_TRUE(eventually([&] { return ended.load(); }));
}

// What the function captured is destroyed before the result can be had.
TEST(sync_future, TheFunctionIsDestroyedFirst) {
  auto captured = std::make_shared<int>(0);
  const std::weak_ptr<int> watch = captured;
  auto f = goro::async([captured = std::move(captured)] {});
  f.get();
  EXPECT_TRUE(watch.expired());
}

TEST(sync_future, ManyAtOnceFromBothKinds) {
  sweep_processors([] {
    together(4, [](int i) {
      std::vector<goro::future<int>> futures;
      for (int n = 0; n < 50 * scale; ++n) {
        futures.push_back(goro::async([i, n] { return i + n; }));
      }
      int n = 0;
      for (auto& f : futures) {
        if (n % 3 == 0) {
          (void)f.wait_for(10us);
        }
        ASSERT_EQ(f.get(), i + n);
        ++n;
      }
    });
  });
}

class sync_future_fatal : public fatal {};

TEST_F(sync_future_fatal, AsyncOfAnEmptyFunction) {
  EXPECT_EXIT((void)goro::async(std::function<int()>()), ::testing::ExitedWithCode(2),
              "fatal error: go of nil func value");
}

}  // namespace
