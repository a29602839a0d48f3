// What hangs on a context, and that it goes away. Names in capitals are those of Go's context/context_test.go.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

#include "context/wait_hook.hpp"
#include "goro/context.hpp"
#include "goro/go.hpp"
#include "goro/mutex.hpp"

namespace goro::detail {
namespace {

using namespace std::chrono_literals;

cancel_node& node_of(const context& ctx) { return *cancel_node::canceler_of(ctx); }

std::size_t hooks_of(const context& ctx) {
  const node_guard hold(node_of(ctx));
  std::size_t n = 0;
  for (const cancel_hook* hook = node_of(ctx).hooks.front(); hook != nullptr; hook = hook->next) {
    ++n;
  }
  return n;
}

TEST(Linkage, TestCancelRemoves) {
  const auto [ctx, cancel] = with_cancel(background());
  EXPECT_EQ(hooks_of(ctx), 0U);
  const auto [child, cancel_child] = with_cancel(ctx);
  EXPECT_EQ(hooks_of(ctx), 1U);
  cancel_child();
  EXPECT_EQ(hooks_of(ctx), 0U);
  const auto [timed, cancel_timed] = with_timeout(ctx, 1h);
  EXPECT_EQ(hooks_of(ctx), 1U);
  cancel_timed();
  EXPECT_EQ(hooks_of(ctx), 0U);
  const auto stop = after_func(ctx, [] {});
  EXPECT_EQ(hooks_of(ctx), 1U);
  stop();
  EXPECT_EQ(hooks_of(ctx), 0U);
}

TEST(Linkage, TestParentFinishesChild) {
  const auto [parent, cancel] = with_cancel(background());
  struct key {
    using type = int;
  };
  const auto [child, stop1] = with_cancel(parent);
  const auto [timed, stop2] = with_timeout(with_value<key>(parent, 1), 1h);
  const auto stop3 = after_func(parent, [] {});
  EXPECT_EQ(hooks_of(parent), 3U);
  EXPECT_EQ(node_of(timed).canceler_above(), &node_of(parent)) << "values stand between them";
  cancel();
  EXPECT_EQ(hooks_of(parent), 0U);
  EXPECT_FALSE(node_of(child).as_child.linked);
}

TEST(Linkage, TestChildFinishesFirst) {
  const auto [parent, cancel] = with_cancel(background());
  const auto [child, cancel_child] = with_cancel(parent);
  const auto [grandchild, cancel_grandchild] = with_cancel(child);
  EXPECT_EQ(hooks_of(parent), 1U);
  cancel_child();
  EXPECT_EQ(hooks_of(parent), 0U);
  EXPECT_EQ(hooks_of(child), 0U);
}

TEST(Linkage, ADestroyedContextLeavesItsParent) {
  const auto [parent, cancel] = with_cancel(background());
  {
    std::stop_source source;
    const context ctx = with_stop_token(parent, source.get_token());
    EXPECT_EQ(hooks_of(parent), 1U);
  }
  EXPECT_EQ(hooks_of(parent), 0U);
}

TEST(Linkage, AnEndedParentTakesNobody) {
  const auto [parent, cancel] = with_cancel(background());
  cancel();
  const auto [child, cancel_child] = with_timeout(parent, 1h);
  const auto stop = after_func(parent, [] {});
  EXPECT_EQ(hooks_of(parent), 0U);
  EXPECT_EQ(node_of(child).state.load(), cancel_node::ended);
}

// A wait hangs on the context for as long as it lasts.
TEST(Linkage, AWaitLeavesAlsoWithoutAnEnd) {
  const auto [ctx, cancel] = with_cancel(background());
  mutex m;
  m.lock();
  std::thread waiter([&m, ctx = ctx] {
    EXPECT_TRUE(m.lock(ctx));
    m.unlock();
  });
  while (hooks_of(ctx) == 0) {
    std::this_thread::yield();
  }
  m.unlock();
  waiter.join();
  EXPECT_EQ(hooks_of(ctx), 0U);
}

// Waits and calls are served before the children, of which there may be many.
TEST(Linkage, ChildrenComeLast) {
  const auto [ctx, cancel] = with_cancel(background());
  const auto [child, cancel_child] = with_cancel(ctx);
  const auto stop = after_func(ctx, [] {});
  const auto kind_of_first = [ctx = ctx] {
    const node_guard hold(node_of(ctx));
    return node_of(ctx).hooks.front()->what;
  };
  EXPECT_EQ(kind_of_first(), cancel_hook::kind::call);
  {
    const char key = 0;
    const wait_hook wait(node_of(ctx), &key);
    EXPECT_EQ(kind_of_first(), cancel_hook::kind::wait);
  }
  EXPECT_EQ(hooks_of(ctx), 2U);
}

TEST(Linkage, TheDoneChannelIsMadeWhenItIsAskedFor) {
  const auto [ctx, cancel] = with_cancel(background());
  EXPECT_FALSE(node_of(ctx).has_done);
  EXPECT_FALSE(node_of(ctx).has_stop);
  const recv_chan<void> done = ctx.done();
  EXPECT_TRUE(node_of(ctx).has_done);
  cancel();
  EXPECT_EQ(done, ctx.done());
}

}  // namespace
}  // namespace goro::detail
