// Contexts and std::stop_token, both ways. Go has no counterpart.
#include <stop_token>
#include <thread>

#include "context_support.hpp"

using namespace support;
using goro::errc;

namespace {

TEST(context_stop_token, ATokenStopsWhenTheContextEnds) {
  const auto [parent, cancel] = goro::with_cancel(goro::background());
  const auto [ctx, cancel_child] = goro::with_cancel(parent);
  const std::stop_token token = ctx.stop_token();
  EXPECT_EQ(token, ctx.stop_token());
  EXPECT_TRUE(token.stop_possible());
  EXPECT_FALSE(token.stop_requested());
  int called = 0;
  const std::stop_callback callback(token, [&called, ctx = ctx] {
    EXPECT_EQ(ctx.err(), errc::canceled);
    ++called;
  });
  cancel();
  EXPECT_EQ(called, 1) << "in the call that ends the context";
  EXPECT_TRUE(token.stop_requested());
}

TEST(context_stop_token, OfAnEndedContextIsStopped) {
  const auto [ctx, cancel] = goro::with_cancel(goro::background());
  cancel();
  EXPECT_TRUE(ctx.stop_token().stop_requested());
  EXPECT_TRUE(goro::with_timeout(goro::background(), 0s).ctx.stop_token().stop_requested());
}

// Callbacks run when the whole tree has ended, whatever they look at, and may use goro.
TEST(context_stop_token, CallbacksSeeTheWholeTreeEnded) {
  const auto [root, cancel] = goro::with_cancel(goro::background());
  const auto [first, cancel1] = goro::with_cancel(root);
  const auto [second, cancel2] = goro::with_cancel(root);
  std::atomic<int> called{0};
  const auto look = [&called, root = root, first = first, second = second, cancel = cancel] {
    for (const goro::context& ctx : {root, first, second}) {
      expect_ended(ctx, errc::canceled);
    }
    cancel();
    goro::yield();
    goro::sleep(10us);
    ++called;
  };
  const std::stop_callback on_root(root.stop_token(), look);
  const std::stop_callback on_first(first.stop_token(), look);
  const std::stop_callback on_second(second.stop_token(), look);
  std::latch ended(1);
  goro::go([cancel = cancel, &ended] {
    cancel();
    ended.count_down();
  });
  ended.wait();
  EXPECT_EQ(called, 3);
}

TEST(context_stop_token, AContextEndsWithAToken) {
  std::stop_source source;
  const goro::context ctx = goro::with_stop_token(goro::background(), source.get_token());
  const auto [child, cancel] = goro::with_timeout(ctx, very_long);
  expect_live(child);
  EXPECT_EQ(to_string(ctx), "background.with_stop_token");
  source.request_stop();
  expect_ended(ctx, errc::canceled);
  expect_ended(child, errc::canceled);
  expect_ended(goro::with_stop_token(goro::background(), source.get_token()), errc::canceled);
}

TEST(context_stop_token, AContextWithATokenStillEndsWithItsParent) {
  std::stop_source source;
  const auto [parent, cancel] = goro::with_cancel_cause(goro::background());
  const goro::context ctx = goro::with_stop_token(parent, source.get_token());
  const goro::context without = goro::with_stop_token(parent, std::stop_token());
  const auto cause = std::make_error_code(std::errc::bad_message);
  cancel(cause);
  expect_ended(ctx, errc::canceled, cause);
  expect_ended(without, errc::canceled, cause);
  source.request_stop();
  expect_ended(ctx, errc::canceled, cause);
}

// A jthread's stop ends what its function waits for in goro.
TEST(context_stop_token, AJthreadStopsAWait) {
  std::error_code how;
  {
    const std::jthread thread([&how](const std::stop_token& token) {
      const goro::context ctx = goro::with_stop_token(goro::background(), token);
      EXPECT_FALSE(goro::sleep(ctx, very_long));
      how = ctx.err();
    });
  }
  EXPECT_EQ(how, errc::canceled);
}

TEST(context_stop_token, AfterFuncRunsThoughNobodyElseKeepsTheContext) {
  std::stop_source source;
  const auto called = goro::make_chan<void>();
  goro::after_func(goro::with_stop_token(goro::background(), source.get_token()), [called] { called.close(); });
  source.request_stop();
  EXPECT_FALSE(called.recv());
}

// The last handle goes while the stop is requested: neither a leak nor a use after the end. Sanitizers watch.
TEST(context_stop_token, TheContextGoesWhileTheStopIsRequested) {
  sweep_processors([] {
    for (int i = 0; i < 100 * scale; ++i) {
      std::stop_source source;
      auto ctx = goro::with_stop_token(goro::background(), source.get_token());
      together(3, [&](int who) {
        if (who == 0) {
          source.request_stop();
        } else if (who == 1) {
          ctx = {};
        } else {
          const goro::context other = goro::with_stop_token(goro::background(), source.get_token());
          goro::after_func(other, [] {});
          EXPECT_FALSE(other.done().recv());
        }
      });
    }
  });
}

// A token that is asked for at the moment of the end is stopped all the same.
TEST(context_stop_token, IsAskedForWhileTheContextEnds) {
  sweep_processors([] {
    for (int i = 0; i < 50 * scale; ++i) {
      const auto [ctx, cancel] = goro::with_cancel(goro::background());
      together(3, [ctx = ctx, cancel = cancel](int who) {
        if (who == 0) {
          cancel();
        } else {
          const std::stop_token token = ctx.stop_token();
          EXPECT_TRUE(eventually([&] { return token.stop_requested(); }));
        }
      });
    }
  });
}

}  // namespace
