// Functions that run when a context ends. Names in capitals are those of Go's context/x_test.go.
#include <memory>

#include "context_support.hpp"
#include "goro/debug.hpp"

using namespace support;
using goro::errc;

namespace {

TEST(context_after_func, TestAfterFuncCalledAfterCancel) {
  const auto [ctx, cancel] = goro::with_cancel(goro::background());
  const auto called = goro::make_chan<void>();
  std::atomic<bool> canceled{false};
  const auto stop = goro::after_func(ctx, [&canceled, called] {
    EXPECT_TRUE(canceled) << "called before the context ended";
    called.close();
  });
  goro::yield();
  canceled = true;
  cancel();
  EXPECT_FALSE(called.recv());
  EXPECT_FALSE(stop());
  EXPECT_FALSE(stop.stop());
}

TEST(context_after_func, TestAfterFuncCalledAfterTimeout) {
  const auto [ctx, cancel] = goro::with_timeout(goro::background(), 1ms);
  const auto called = goro::make_chan<void>();
  goro::after_func(ctx, [called] { called.close(); });
  EXPECT_FALSE(called.recv());
  EXPECT_EQ(ctx.err(), errc::deadline_exceeded);
}

TEST(context_after_func, TestAfterFuncCalledImmediately) {
  const auto [ctx, cancel] = goro::with_cancel(goro::background());
  cancel();
  const auto called = goro::make_chan<void>();
  const auto stop = goro::after_func(ctx, [called] { called.close(); });
  EXPECT_FALSE(called.recv());
  EXPECT_FALSE(stop());
}

TEST(context_after_func, TestAfterFuncNotCalledAfterStop) {
  const auto captured = std::make_shared<int>(0);
  const auto [ctx, cancel] = goro::with_cancel(goro::background());
  const auto stop = goro::after_func(ctx, [captured] { ADD_FAILURE() << "it was taken back"; });
  const auto copy = stop;
  EXPECT_EQ(captured.use_count(), 2);
  EXPECT_TRUE(stop());
  EXPECT_EQ(captured.use_count(), 1) << "destroyed at once";
  EXPECT_FALSE(stop());
  EXPECT_FALSE(copy());
  cancel();
  EXPECT_FALSE(stop());
  EXPECT_FALSE(goro::after_func_stop()());
}

// Neither the end of the context waits for the function nor stop().
TEST(context_after_func, TestAfterFuncCalledAsynchronously) {
  const auto [ctx, cancel] = goro::with_cancel(goro::background());
  const auto meeting = goro::make_chan<void>();
  const auto stop = goro::after_func(ctx, [meeting] { meeting.send(); });
  cancel();
  EXPECT_FALSE(stop());
  EXPECT_TRUE(meeting.recv());
}

TEST(context_after_func, RunsInAGoroutineOfItsOwn) {
  const auto [ctx, cancel] = goro::with_cancel(goro::background());
  const auto id = goro::make_chan<std::uint64_t>();
  goro::after_func(ctx, [id] { id.send(goro::goroutine_id()); });
  cancel();
  const auto got = id.recv();
  EXPECT_NE(got, 0U);
  EXPECT_NE(got, goro::goroutine_id());
}

// Each is independent of the others.
TEST(context_after_func, ManyAndSomeTakenBack) {
  sweep_processors([] {
    constexpr int n = 100;
    const auto [ctx, cancel] = goro::with_cancel(goro::background());
    std::atomic<int> called{0};
    std::vector<goro::after_func_stop> stops;
    for (int i = 0; i < n; ++i) {
      stops.push_back(goro::after_func(ctx, [&called] { ++called; }));
    }
    for (int i = 0; i < n; i += 3) {
      EXPECT_TRUE(stops[static_cast<std::size_t>(i)]());
    }
    cancel();
    EXPECT_TRUE(eventually([&] { return called == n - (n + 2) / 3; }));
    EXPECT_TRUE(eventually([] { return goro::num_goroutine() == 0; }));
    EXPECT_EQ(called, n - (n + 2) / 3);
  });
}

// The function runs, or stop() is true: never both, never neither.
TEST(context_after_func, StopAndTheEndAtTheSameTime) {
  sweep_processors([] {
    for (int i = 0; i < 100 * scale; ++i) {
      const auto [ctx, cancel] = goro::with_cancel(goro::background());
      std::atomic<int> called{0};
      const auto stop = goro::after_func(ctx, [&called] { ++called; });
      std::atomic<int> stopped{0};
      together(2, [&, cancel = cancel](int who) {
        if (who == 0) {
          cancel();
        } else {
          stopped += stop() ? 1 : 0;
        }
      });
      EXPECT_TRUE(eventually([&] { return called + stopped == 1; }));
      EXPECT_TRUE(eventually([] { return goro::num_goroutine() == 0; }));
      EXPECT_EQ(called + stopped, 1);
    }
  });
}

// The background context never ends.
TEST(context_after_func, OfTheBackgroundNeverRuns) {
  const auto captured = std::make_shared<int>(0);
  {
    const auto stop = goro::after_func(goro::background(), [captured] { ADD_FAILURE(); });
    EXPECT_TRUE(stop());
    EXPECT_FALSE(stop());
    goro::after_func(goro::background(), [captured] { ADD_FAILURE(); });
  }
  EXPECT_EQ(captured.use_count(), 1);
}

// A registration keeps its context alive; the context's end lets go of both.
TEST(context_after_func, OutlivesTheHandles) {
  struct key {
    using type = std::shared_ptr<int>;
  };
  const auto value = std::make_shared<int>(0);
  const auto called = goro::make_chan<void>(1);
  auto [parent, cancel] = goro::with_cancel(goro::background());
  goro::after_func(goro::with_value<key>(parent, value), [called] { called.send(); });
  parent = {};
  EXPECT_EQ(value.use_count(), 2);
  cancel();
  EXPECT_TRUE(called.recv());
  EXPECT_TRUE(eventually([&] { return value.use_count() == 1; }));
}

}  // namespace
