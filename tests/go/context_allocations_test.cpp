// What contexts take from the heap. The limits are Go's (context/x_test.go), or lower.
#include <algorithm>
#include <limits>

#include "context_support.hpp"
#include "counted_allocation.hpp"

using namespace support;

namespace {

struct key {
  using type = int;
};

// Allocations of one call of f, on average. What others allocate meanwhile (a worker more, the monitor's search for
// deadlocks) only adds to it, now and then, so the smallest of several averages counts.
template <class F>
double allocations_of(F f) {
  constexpr int batches = 10;
  constexpr int runs = 10;
  goro::gomaxprocs();  // starts the runtime, which reads its settings; f() may be over before it needs to
  f();
  long fewest = std::numeric_limits<long>::max();
  for (int batch = 0; batch < batches; ++batch) {
    const long before = allocations;
    for (int i = 0; i < runs; ++i) {
      f();
    }
    fewest = std::min(fewest, allocations - before);
  }
  return static_cast<double>(fewest) / runs;
}

TEST(context_allocations, TestAllocs) {
  if (!counts_allocations) {
    GTEST_SKIP() << "allocations are not counted in a race build";
  }
  const goro::context background = goro::background();
  EXPECT_EQ(allocations_of([] { goro::background(); }), 0);
  EXPECT_LE(allocations_of([&] {
              const goro::context ctx = goro::with_value<key>(background, 1);
              EXPECT_EQ(*ctx.value<key>(), 1);
            }),
            1);
  EXPECT_LE(allocations_of([&] { EXPECT_FALSE(goro::with_timeout(background, 1ns).ctx.done().recv()); }), 3);
  EXPECT_LE(allocations_of([&] {
              const auto [ctx, cancel] = goro::with_cancel(background);
              cancel();
              EXPECT_FALSE(ctx.done().recv());
            }),
            2);
  EXPECT_LE(allocations_of([&] {
              const auto [ctx, cancel] = goro::with_timeout(background, 5ms);
              cancel();
              EXPECT_FALSE(ctx.done().recv());
            }),
            3);
}

// A wait that a context may end takes nothing.
TEST(context_allocations, WaitsTakeNothing) {
  if (!counts_allocations) {
    GTEST_SKIP() << "allocations are not counted in a race build";
  }
  const auto [ctx, cancel] = goro::with_cancel(goro::background());
  const goro::context& live = ctx;
  EXPECT_EQ(allocations_of([&live] { EXPECT_TRUE(goro::sleep(live, 1us)); }), 0);
}

}  // namespace
