// notify_context. Named as in os/signal/signal_test.go of Go.
#include "context_support.hpp"
#include "goro/goro.hpp"
#include "signal_support.hpp"

namespace {

using namespace std::chrono_literals;
using goro::errc;
using support::expect_ended;
using support::expect_live;
using support::kill_self;
using support::settle;

std::error_code by_signal(int signal) { return {signal, goro::signal::error_category()}; }

// Further signals have no effect until the cancel function is called: the test would die.
TEST(signal_context, TestNotifyContextNotifications) {
  for (const int times : {1, 10}) {
    const auto [ctx, stop] = goro::signal::notify_context(goro::background(), {SIGINT});
    support::together(times, [](int) { kill_self(SIGINT); });
    ctx.done().recv();
    expect_ended(ctx, errc::canceled, by_signal(SIGINT));
    for (int i = 0; i < 3; ++i) {
      std::raise(SIGINT);
    }
    settle();
    expect_ended(ctx, errc::canceled, by_signal(SIGINT));
  }
}

TEST(signal_context, TestNotifyContextStop) {
  goro::signal::ignore({SIGHUP});
  EXPECT_TRUE(goro::signal::ignored(SIGHUP));
  const auto [parent, cancel_parent] = goro::with_cancel(goro::background());
  const auto [ctx, stop] = goro::signal::notify_context(parent, {SIGHUP});
  EXPECT_FALSE(goro::signal::ignored(SIGHUP));
  EXPECT_EQ(to_string(ctx), "background.with_cancel.notify_context[hangup]");
  expect_live(ctx);
  stop();
  expect_ended(ctx, errc::canceled);
  goro::signal::reset({SIGHUP});
}

TEST(signal_context, TestNotifyContextCancelParent) {
  const auto [parent, cancel_parent] = goro::with_cancel_cause(goro::background());
  const auto [ctx, stop] = goro::signal::notify_context(parent, {SIGINT});
  expect_live(ctx);
  const std::error_code cause = std::make_error_code(std::errc::io_error);
  cancel_parent(cause);
  expect_ended(ctx, errc::canceled, cause);
}

TEST(signal_context, TestNotifyContextPrematureCancelParent) {
  const auto [parent, cancel_parent] = goro::with_cancel_cause(goro::background());
  const std::error_code cause = std::make_error_code(std::errc::io_error);
  cancel_parent(cause);
  const auto [ctx, stop] = goro::signal::notify_context(parent, {SIGINT});
  expect_ended(ctx, errc::canceled, cause);
  std::raise(SIGINT);  // caught all the same
  settle();
  expect_ended(ctx, errc::canceled, cause);
}

TEST(signal_context, TestNotifyContextSimultaneousStop) {
  const auto made = goro::signal::notify_context(goro::background(), {SIGINT});
  support::together(10, [&made](int) { made.cancel(); });
  expect_ended(made.ctx, errc::canceled);
}

TEST(signal_context, TestNotifyContextStringer) {
  const auto [parent, cancel_parent] = goro::with_cancel(goro::background());
  const auto [ctx, stop] = goro::signal::notify_context(parent, {SIGHUP, SIGINT, SIGTERM});
  EXPECT_EQ(to_string(ctx), "background.with_cancel.notify_context[hangup interrupt terminated]");
  EXPECT_EQ(to_string(goro::signal::notify_context(parent, {SIGUSR1, SIGRTMIN}).ctx),
            "background.with_cancel.notify_context[user defined signal 1 signal " + std::to_string(SIGRTMIN) + "]");
  EXPECT_EQ(to_string(goro::signal::notify_context(parent).ctx), "background.with_cancel.notify_context");
}

TEST(signal_context, ExampleNotifyContext) {
  const auto [ctx, stop] = goro::signal::notify_context(goro::background(), {SIGINT});
  kill_self(SIGINT);
  EXPECT_FALSE(goro::sleep(ctx, support::very_long));
  EXPECT_EQ(ctx.err().message(), "context canceled");
  EXPECT_EQ(ctx.cause().message(), "interrupt signal received");
  EXPECT_EQ(ctx.cause().value(), SIGINT);
  EXPECT_STREQ(ctx.cause().category().name(), "signal");
  stop();
}

// Whatever hangs on it ends: children, calls, stop tokens. The thread that delivers does not wait for them.
TEST(signal_context, TheWholeTreeEndsInAGoroutine) {
  const auto [ctx, stop] = goro::signal::notify_context(goro::background(), {SIGUSR1});
  const auto [child, cancel_child] = goro::with_timeout(ctx, support::very_long);
  const auto gate = goro::make_chan<void>();
  const auto called = goro::make_chan<void>();
  const std::stop_callback callback(child.stop_token(), [&] {
    gate.recv();
    called.close();
  });
  std::raise(SIGUSR1);
  child.done().recv();
  EXPECT_EQ(child.cause(), by_signal(SIGUSR1));
  settle();
  gate.close();
  called.recv();
}

TEST(signal_context, TheCancelFunctionGivesTheSignalsBack) {
  const support::own_handler before(SIGUSR1);
  {
    const auto [ctx, stop] = goro::signal::notify_context(goro::background(), {SIGUSR1});
    const auto copy = stop;
    stop();
    std::raise(SIGUSR1);
    EXPECT_EQ(support::own_handler::calls, 1);
  }
  {
    const goro::context kept = goro::signal::notify_context(goro::background(), {SIGUSR1}).ctx;
    expect_ended(kept, errc::canceled);
    std::raise(SIGUSR1);
    EXPECT_EQ(support::own_handler::calls, 2) << "the last copy is gone";
  }
  const auto [ctx, stop] = goro::signal::notify_context(goro::background(), {SIGUSR1});
  goro::signal::reset({SIGUSR1});
  std::raise(SIGUSR1);
  EXPECT_EQ(support::own_handler::calls, 3);
  settle();
  expect_live(ctx);
}

TEST(signal_context, AContextThatIsAlreadyBeingDestroyed) {
  for (int i = 0; i < 50 * support::scale; ++i) {
    const support::own_handler before(SIGUSR1);
    auto made = goro::signal::notify_context(goro::background(), {SIGUSR1});
    support::together(2, [&made](int who) {
      if (who == 0) {
        made = {};
      } else {
        kill_self(SIGUSR1);
      }
    });
    settle();
  }
}

}  // namespace
