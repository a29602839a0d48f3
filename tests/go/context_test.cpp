// Behaviour of goro::context. Names in capitals are those of Go's context/x_test.go.
#include "goro/context.hpp"

#include <functional>
#include <string>
#include <type_traits>

#include "context_support.hpp"

using namespace support;
using goro::errc;

namespace {

// The root of every tree.
TEST(context_context, TestBackground) {
  const goro::context ctx = goro::background();
  expect_live(ctx);
  EXPECT_FALSE(ctx.done()) << "the nil channel";
  EXPECT_FALSE(ctx.deadline());
  EXPECT_FALSE(ctx.stop_token().stop_possible());
  EXPECT_EQ(to_string(ctx), "background");
  EXPECT_EQ(ctx, goro::context());
}

TEST(context_context, TestTODO) { EXPECT_EQ(goro::todo(), goro::background()); }

struct first_key {
  using type = std::string;
};
struct second_key {
  using type = std::string;
};
struct third_key {
  using type = std::unique_ptr<int>;
};

TEST(context_context, TestWithCancel) {
  const auto [c1, cancel] = goro::with_cancel(goro::background());
  EXPECT_EQ(to_string(c1), "background.with_cancel");
  const goro::context o = goro::with_value<first_key>(c1, "value");
  const auto [c2, cancel2] = goro::with_cancel(o);
  for (const goro::context& ctx : {goro::context(c1), o, goro::context(c2)}) {
    expect_live(ctx);
    EXPECT_TRUE(ctx.done());
    EXPECT_EQ(ctx.done(), ctx.done()) << "the same channel at each call";
  }
  EXPECT_EQ(o.done(), c1.done()) << "a value does not change who cancels";
  cancel();
  for (const goro::context& ctx : {goro::context(c1), o, goro::context(c2)}) {
    expect_ended(ctx, errc::canceled);
    EXPECT_EQ(ctx.done(), ctx.done());
  }
  cancel();
  cancel2();
}

TEST(context_context, TestParentFinishesChild) {
  const auto [parent, cancel] = goro::with_cancel(goro::background());
  const auto [cancel_child, stop1] = goro::with_cancel(parent);
  const goro::context value_child = goro::with_value<first_key>(parent, "value");
  const auto [timer_child, stop2] = goro::with_timeout(value_child, very_long);
  const goro::context unasked = value_child;  // its done channel is asked for afterwards only
  const auto stop3 = goro::after_func(parent, [] {});
  expect_live(parent);
  expect_live(cancel_child);
  expect_live(timer_child);
  cancel();
  expect_ended(parent, errc::canceled);
  expect_ended(cancel_child, errc::canceled);
  expect_ended(timer_child, errc::canceled);
  expect_ended(unasked, errc::canceled);
  EXPECT_FALSE(stop3());
  const auto [born_ended, stop4] = goro::with_cancel(goro::with_value<first_key>(parent, "value"));
  expect_ended(born_ended, errc::canceled);
}

TEST(context_context, TestChildFinishesFirst) {
  const auto [cancelable, stop] = goro::with_cancel(goro::background());
  for (const goro::context& parent : {goro::background(), goro::context(cancelable)}) {
    const auto [child, cancel] = goro::with_cancel(parent);
    expect_live(child);
    cancel();
    expect_ended(child, errc::canceled);
    expect_live(parent);
  }
}

TEST(context_context, TestDeadline) {
  const auto started = std::chrono::steady_clock::now();
  const auto [c, stop] = goro::with_deadline(goro::background(), started + 5ms);
  EXPECT_EQ(c.deadline(), started + 5ms);
  EXPECT_EQ(to_string(c), "background.with_deadline");
  EXPECT_FALSE(c.done().recv());
  EXPECT_GE(std::chrono::steady_clock::now(), started + 5ms);
  expect_ended(c, errc::deadline_exceeded);

  const auto [later, stop2] = goro::with_deadline(goro::background(), started + very_long);
  const auto [child, stop3] = goro::with_deadline(later, std::chrono::steady_clock::now() + 1ms);
  EXPECT_FALSE(child.done().recv());
  expect_ended(child, errc::deadline_exceeded);
  expect_live(later);
}

TEST(context_context, ADeadlineInThePastEndsAtOnce) {
  for (const auto when : {goro::time_point::min(), std::chrono::steady_clock::now() - 1ns}) {
    const auto [c, stop] = goro::with_deadline(goro::background(), when);
    expect_ended(c, errc::deadline_exceeded);
    stop();
    EXPECT_EQ(c.err(), errc::deadline_exceeded) << "the first end stays";
  }
  const auto [parent, cancel] = goro::with_cancel(goro::background());
  cancel();
  const auto [child, stop] = goro::with_timeout(parent, -1s);
  expect_ended(child, errc::canceled);
}

TEST(context_context, ADeadlineOnlyShortens) {
  const auto soon = std::chrono::steady_clock::now() + 1h;
  const auto [parent, stop1] = goro::with_deadline(goro::background(), soon);
  const auto [longer, stop2] = goro::with_deadline(parent, soon + 1h);
  const auto [shorter, stop3] = goro::with_deadline(longer, soon - 1min);
  const goro::context valued = goro::with_value<first_key>(shorter, "");
  const auto [never, stop4] = goro::with_deadline(goro::background(), goro::time_point::max());
  EXPECT_EQ(longer.deadline(), soon);
  EXPECT_EQ(shorter.deadline(), soon - 1min);
  EXPECT_EQ(valued.deadline(), soon - 1min);
  EXPECT_FALSE(never.deadline());
  expect_live(valued);
}

TEST(context_context, ClocksOtherThanTheSteadyOne) {
  const auto [past, stop1] = goro::with_deadline(goro::background(), std::chrono::system_clock::now() - 1s);
  const auto [future, stop2] = goro::with_deadline(goro::background(), std::chrono::system_clock::now() + 1h);
  expect_ended(past, errc::deadline_exceeded);
  expect_live(future);
}

TEST(context_context, TestTimeout) {
  const auto started = std::chrono::steady_clock::now();
  const auto [c, stop1] = goro::with_timeout(goro::background(), 5ms);
  const auto [child, stop2] = goro::with_timeout(goro::with_value<first_key>(c, ""), very_long);
  EXPECT_FALSE(child.done().recv());
  EXPECT_GE(std::chrono::steady_clock::now(), started + 5ms);
  expect_ended(c, errc::deadline_exceeded);
  expect_ended(child, errc::deadline_exceeded);
}

TEST(context_context, TestCanceledTimeout) {
  const auto [c, stop] = goro::with_timeout(goro::background(), very_long);
  const auto [child, cancel] = goro::with_timeout(goro::with_value<first_key>(c, ""), very_long);
  cancel();
  expect_ended(child, errc::canceled);
  expect_live(c);
}

TEST(context_context, TestValues) {
  const auto shows = [](const goro::context& ctx, const char* first, const char* second) {
    const auto equal = [](const std::string* got, const char* wanted) {
      return got == nullptr ? wanted == nullptr : wanted != nullptr && *got == wanted;
    };
    return equal(ctx.value<first_key>(), first) && equal(ctx.value<second_key>(), second);
  };
  const goro::context c0 = goro::background();
  EXPECT_TRUE(shows(c0, nullptr, nullptr));
  const goro::context c1 = goro::with_value<first_key>(c0, "c1k1");
  EXPECT_TRUE(shows(c1, "c1k1", nullptr));
  const goro::context c2 = goro::with_value<second_key>(c1, "c2k2");
  EXPECT_TRUE(shows(c2, "c1k1", "c2k2"));
  const goro::context c3 = goro::with_value<first_key>(c2, "c3k1");
  EXPECT_TRUE(shows(c3, "c3k1", "c2k2"));
  EXPECT_TRUE(shows(c2, "c1k1", "c2k2")) << "a derived context does not change its parent";
  const auto [c4, cancel] = goro::with_cancel(c3);
  EXPECT_TRUE(shows(goro::without_cancel(c4), "c3k1", "c2k2"));
  EXPECT_EQ(to_string(c4), "background.with_value.with_value.with_value.with_cancel");

  EXPECT_EQ(c4.value<third_key>(), nullptr);
  const goro::context c5 = goro::with_value<third_key>(c4, std::make_unique<int>(7));
  EXPECT_EQ(**c5.value<third_key>(), 7);
  EXPECT_EQ(c5.value<third_key>(), c5.value<third_key>());
}

TEST(context_context, AValueLivesAsLongAsAContextDerivedFromIt) {
  struct key {
    using type = std::shared_ptr<int>;
  };
  const auto value = std::make_shared<int>(1);
  auto ctx = goro::with_value<key>(goro::background(), value);
  {
    auto [child, cancel] = goro::with_cancel(ctx);
    ctx = child;
  }
  EXPECT_EQ(value.use_count(), 2);
  EXPECT_EQ(*ctx.value<key>(), value);
  ctx = {};
  EXPECT_EQ(value.use_count(), 1);
}

TEST(context_context, TestWithoutCancel) {
  const auto [parent, cancel] = goro::with_timeout(goro::with_value<first_key>(goro::background(), "value"), very_long);
  const goro::context ctx = goro::without_cancel(parent);
  cancel();
  expect_live(ctx);
  EXPECT_FALSE(ctx.done());
  EXPECT_FALSE(ctx.deadline());
  EXPECT_EQ(*ctx.value<first_key>(), "value");
  const auto [child, cancel_child] = goro::with_cancel(ctx);
  expect_live(child);
  cancel_child();
  expect_ended(child, errc::canceled);
}

TEST(context_context, TestWithCancelCanceledParent) {
  const auto [parent, cancel] = goro::with_cancel_cause(goro::background());
  const std::error_code because = std::make_error_code(std::errc::address_in_use);
  cancel(because);
  const auto [child, cancel_child] = goro::with_cancel(parent);
  expect_ended(child, errc::canceled, because);
}

TEST(context_context, TestDeadlineExceededSupportsTimeout) {
  const std::error_code late = errc::deadline_exceeded;
  const std::error_code canceled = errc::canceled;
  EXPECT_TRUE(late == std::errc::timed_out);
  EXPECT_FALSE(late == std::errc::operation_canceled);
  EXPECT_TRUE(canceled == std::errc::operation_canceled);
  EXPECT_FALSE(canceled == std::errc::timed_out);
  EXPECT_STREQ(canceled.category().name(), "goro");
  EXPECT_EQ(canceled.message(), "context canceled");
  EXPECT_EQ(late.message(), "context deadline exceeded");
  EXPECT_NE(late, canceled);
  EXPECT_TRUE(static_cast<bool>(canceled));
}

TEST(context_context, ACancelFunctionCancelsWhenItsLastCopyIsDestroyed) {
  goro::context ctx;
  std::function<void()> kept;
  {
    auto made = goro::with_cancel(goro::background());
    ctx = made.ctx;
    kept = made.cancel;
    const goro::cancel_func moved = std::move(made.cancel);
  }
  expect_live(ctx);
  kept = nullptr;
  expect_ended(ctx, errc::canceled);

  auto [first, cancel] = goro::with_cancel(goro::background());
  auto [second, cancel2] = goro::with_cancel(goro::background());
  cancel = cancel2;  // assignment lets go of the first
  expect_ended(first, errc::canceled);
  expect_live(second);
  goro::cancel_func nothing;
  nothing();
  static_assert(std::is_nothrow_invocable_v<const goro::cancel_func&>);
}

// Chains are longer than a stack is deep: nothing about them recurses.
TEST(context_context, AChainMayBeVeryLong) {
  std::latch ended(1);
  goro::go([&ended] {
    auto [root, cancel] = goro::with_cancel(goro::background());
    std::vector<goro::cancel_func> cancels;
    goro::context ctx = root;
    for (int i = 0; i < 20'000; ++i) {
      auto made = goro::with_cancel(goro::with_value<first_key>(ctx, ""));
      ctx = made.ctx;
      cancels.push_back(std::move(made.cancel));
    }
    cancel();
    EXPECT_EQ(ctx.err(), errc::canceled);
    cancels.clear();
    ctx = {};
    ended.count_down();
  });
  ended.wait();
}

TEST(context_context, SleepEndsWithTheContext) {
  const auto started = std::chrono::steady_clock::now();
  EXPECT_TRUE(goro::sleep(goro::background(), 2ms));
  EXPECT_GE(std::chrono::steady_clock::now() - started, 2ms);
  const auto [ctx, cancel] = goro::with_cancel(goro::background());
  EXPECT_TRUE(goro::sleep(ctx, 1ms));
  EXPECT_TRUE(goro::sleep(ctx, 0ms));
  goro::go([cancel = cancel] { cancel(); });
  EXPECT_FALSE(goro::sleep(ctx, very_long));
  EXPECT_FALSE(goro::sleep_until(ctx, goro::time_point::min()));
}

}  // namespace
