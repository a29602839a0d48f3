// What blocks, what does not and what panics: the table of Go's chan/select3.go, and nil channels.
#include <span>
#include <vector>

#include "chan_support.hpp"

using namespace support;
using goro::default_case;
using goro::recv_case;
using goro::select;
using goro::send_case;

namespace {

const auto unreachable = [](auto&&...) { ADD_FAILURE() << "this case cannot be chosen"; };
const chan<int> nil;

TEST(select_blocking, select3_NilChannelsBlockForEver) {
  sweep_processors([] {
    EXPECT_TRUE(blocks([] { nil.send(7); }));
    EXPECT_TRUE(blocks([] { (void)nil.recv(); }));
    EXPECT_TRUE(blocks([] {
      int out = 0;
      (void)nil.recv(out);
    }));
    EXPECT_TRUE(blocks([] { chan<void>().send(); }));
    EXPECT_TRUE(blocks([] { (void)chan<void>().recv(); }));
    EXPECT_TRUE(blocks([] { goro::send_chan<int>().send(7); }));
    EXPECT_TRUE(blocks([] { (void)goro::recv_chan<int>().recv(); }));
    EXPECT_TRUE(blocks([] {
      for (const int v : nil) {
        (void)v;
      }
    }));
  });
}

TEST(select_blocking, select3_NilChannelsAreNeverSelected) {
  EXPECT_EQ(select(send_case(nil, 7, unreachable), default_case()), 1U);
  EXPECT_EQ(select(recv_case(nil, unreachable), default_case()), 1U);
  int untouched = 5;
  EXPECT_EQ(nil.try_recv(untouched), chan_status::empty);
  EXPECT_EQ(nil.try_send(1), chan_status::full);
  EXPECT_EQ(untouched, 5);
}

TEST(select_blocking, select3_OperationsOfOneChannel) {
  make_chan<int>(1).send(7);
  EXPECT_EQ(closed_chan().recv(), std::nullopt);
  EXPECT_TRUE(panics_with("send on closed channel", [] { closed_chan().send(7); }));
  EXPECT_TRUE(blocks([] { (void)make_chan<int>().recv(); }));
  EXPECT_TRUE(blocks([] { make_chan<int>().send(7); }));
  EXPECT_TRUE(blocks([c = full_chan(3)] { c.send(7); }));
}

TEST(select_blocking, select3_EmptySelectBlocksForEver) {
  sweep_processors([] { EXPECT_TRUE(blocks([] { select(); })); });
  EXPECT_TRUE(blocks([] {
    std::vector<goro::select_case> none;
    select(std::span<goro::select_case>(none));
  }));
}

TEST(select_blocking, select3_OnlyNilChannelsBlockForEver) {
  sweep_processors([] {
    EXPECT_TRUE(blocks([] { select(recv_case(nil, unreachable)); }));
    EXPECT_TRUE(blocks([] { select(send_case(nil, 7, unreachable)); }));
    EXPECT_TRUE(blocks([] { select(recv_case(nil, unreachable), send_case(nil, 7, unreachable)); }));
  });
}

TEST(select_blocking, select3_ChannelsThatAreNotReadyBlock) {
  EXPECT_TRUE(blocks([c = make_chan<int>()] { select(recv_case(c, unreachable)); }));
  EXPECT_TRUE(blocks([c = make_chan<int>()] { select(send_case(c, 1, unreachable)); }));
  EXPECT_TRUE(blocks([c = full_chan(2)] { select(send_case(c, 1, unreachable), recv_case(nil, unreachable)); }));
}

TEST(select_blocking, select3_DefaultDoesNotBlock) {
  EXPECT_EQ(select(default_case()), 0U);
  EXPECT_EQ(select(recv_case(nil, unreachable), default_case()), 1U);
  EXPECT_EQ(select(default_case(), send_case(nil, 7, unreachable)), 0U);
  const auto c = make_chan<int>();
  EXPECT_EQ(select(recv_case(c, unreachable), default_case(), send_case(c, 1, unreachable)), 1U);
}

TEST(select_blocking, select3_ReadyChannelsDoNotBlock) {
  const auto c = make_chan<int>(1);
  EXPECT_EQ(select(send_case(c, 7), default_case(unreachable)), 0U);
  EXPECT_EQ(select(recv_case(c, [](std::optional<int> v) { EXPECT_EQ(v, 7); }), default_case(unreachable)), 0U);
}

TEST(select_blocking, select3_ClosedChannelsAreReady) {
  const auto closed = closed_chan();
  EXPECT_EQ(select(recv_case(closed)), 0U);
  EXPECT_EQ(select(recv_case(closed, [](std::optional<int> v) { EXPECT_FALSE(v); })), 0U);
  std::optional<int> out = 5;
  EXPECT_EQ(select(recv_case(closed, out)), 0U);
  EXPECT_FALSE(out);
  EXPECT_TRUE(panics_with("send on closed channel", [&] { select(send_case(closed, 7, unreachable)); }));
}

// A send on a closed channel is ready like others: it panics when it is chosen, and only then.
TEST(select_blocking, SendOnClosedPanicsOnlyWhenChosen) {
  const auto closed = closed_chan();
  const auto ready = full_chan(1);
  int panics = 0;
  int received = 0;
  for (int i = 0; i < 200; ++i) {
    try {
      EXPECT_EQ(select(send_case(closed, 7, unreachable), recv_case(ready), default_case(unreachable)), 1U);
      ++received;
      ready.send(0);
    } catch (const goro::panic_error&) {
      ++panics;
    }
    ASSERT_EQ(ready.size(), 1U);
  }
  EXPECT_GT(panics, 30);
  EXPECT_GT(received, 30);
}

TEST(select_blocking, select3_ASelectDoesNotMeetItself) {
  sweep_processors([] {
    EXPECT_TRUE(blocks([c = make_chan<int>()] { select(send_case(c, 1), recv_case(c)); }));
    EXPECT_TRUE(blocks([c = make_chan<int>()] { select(recv_case(c), send_case(c, 1), recv_case(c)); }));
  });
}

// The same select, from a thread: it waits until a partner comes.
TEST(select_blocking, AThreadsSelectWaitsForAPartner) {
  const auto c = make_chan<int>();
  std::atomic<bool> chosen{false};
  together(2, [&](int who) {
    if (who == 1) {
      EXPECT_EQ(select(recv_case(nil, unreachable), send_case(c, 1), recv_case(c, unreachable)), 1U);
      chosen = true;
    } else {
      let_others_run();
      EXPECT_FALSE(chosen);
      EXPECT_EQ(c.recv(), 1);
    }
  });
}

// chan/select4.go and select8.go: what is not chosen is not touched, and nothing follows the chosen case.
TEST(select_blocking, select4_OnlyTheChosenCaseIsTouched) {
  const auto ready = make_chan<int>(1);
  ready.send(42);
  std::optional<int> a = 1;
  std::optional<int> b = 2;
  EXPECT_EQ(select(recv_case(make_chan<int>(), a), recv_case(ready, b)), 1U);
  EXPECT_EQ(a, 1);
  EXPECT_EQ(b, 42);
}

}  // namespace
