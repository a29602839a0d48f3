#include "sched/lock_order.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace goro::sched {
namespace {

// Somebody takes lock `wanted` while he holds `held`. The circle that this closes, by the numbers of the locks that
// were held.
std::vector<std::uint64_t> circle_of(lock_order& order, std::uint64_t held, std::uint64_t wanted) {
  lock_order_edge edge{};
  edge.held = reinterpret_cast<const void*>(held);
  edge.wanted = reinterpret_cast<const void*>(wanted);
  std::vector<lock_order_edge> circle;
  order.note(held, wanted, edge, circle);
  std::vector<std::uint64_t> locks;
  for (const lock_order_edge& e : circle) {
    locks.push_back(e.held.address());
  }
  return locks;
}

using locks = std::vector<std::uint64_t>;

TEST(LockOrder, TheEdgeThatClosesACircleComesFirst) {
  lock_order order;
  EXPECT_EQ(circle_of(order, 1, 2), locks{});
  EXPECT_EQ(circle_of(order, 2, 3), locks{});
  EXPECT_EQ(circle_of(order, 2, 4), locks{});
  EXPECT_EQ(circle_of(order, 3, 1), (locks{3, 1, 2}));
  EXPECT_EQ(circle_of(order, 3, 1), locks{});  // once
}

TEST(LockOrder, NoCircleLeadsThroughALockThatWasDestroyed) {
  lock_order order;
  circle_of(order, 1, 2);
  circle_of(order, 2, 3);
  order.forget(2);
  EXPECT_EQ(circle_of(order, 3, 1), locks{});
}

TEST(LockOrder, LocksThatComeAndGoLeaveNothing) {
  lock_order order;
  circle_of(order, 1, 2);
  for (std::uint64_t lock = 3; lock < 1000; ++lock) {
    circle_of(order, 1, lock);
    circle_of(order, lock, 2);
    EXPECT_EQ(order.edges(), 3u);
    order.forget(lock);
    EXPECT_EQ(order.edges(), 1u);
  }
  order.forget(2);
  EXPECT_EQ(order.edges(), 0u);
}

TEST(LockOrder, ForgetsLocksThatWereTakenInBothOrders) {
  lock_order order;
  circle_of(order, 1, 2);
  EXPECT_EQ(circle_of(order, 2, 1), (locks{2, 1}));
  order.forget(1);
  EXPECT_EQ(order.edges(), 0u);
  order.forget(1);
  EXPECT_EQ(order.edges(), 0u);
}

// Deeper than a stack would bear.
TEST(LockOrder, ACircleOfManyLocks) {
  constexpr std::uint64_t count = 30'000;
  lock_order order;
  // From the last to the first: no search has far to go but the one that closes the circle.
  for (std::uint64_t lock = count - 1; lock >= 1; --lock) {
    lock_order_edge edge{};
    std::vector<lock_order_edge> other_report(1);  // no search at all
    order.note(lock, lock + 1, edge, other_report);
  }
  EXPECT_EQ(circle_of(order, count, 1).size(), count);
}

}  // namespace
}  // namespace goro::sched
