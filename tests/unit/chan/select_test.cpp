#include "goro/select.hpp"

#include <array>
#include <memory>
#include <optional>
#include <stdexcept>

#include "support.hpp"

namespace goro {
namespace {

using namespace chan_test;

TEST(Select, ReturnsTheIndexInTheOrderOfTheArguments) {
  const auto a = make_chan<int>(1);
  const auto b = make_chan<std::string>(1);
  std::string got;
  b.send("x");
  EXPECT_EQ(select(default_case(), recv_case(a), recv_case(b, [&](std::optional<std::string> s) { got = s.value(); })),
            2U);
  EXPECT_EQ(got, "x");
  EXPECT_EQ(select(recv_case(a), default_case([&] { got = "default"; }), recv_case(b)), 1U);
  EXPECT_EQ(got, "default");
  EXPECT_EQ(select(recv_case(a), send_case(b, "y", [&] { got = "sent"; })), 1U);
  EXPECT_EQ(got, "sent");
  std::optional<std::string> out;
  EXPECT_EQ(select(recv_case(a), recv_case(b, out)), 1U);
  EXPECT_EQ(out, "y");
  b.close();
  EXPECT_EQ(select(recv_case(b, out)), 0U);
  EXPECT_EQ(out, std::nullopt);
}

TEST(Select, ChoosesAmongReadyCasesWithTheSameChance) {
  constexpr int rounds = 9000;
  std::array<int, 5> chosen{};
  const chan<int> nil;
  const auto empty = make_chan<int>();
  const auto a = make_chan<int>(1);
  const auto full = make_chan<int>(1);
  const auto closed = make_chan<int>();
  full.send(1);
  closed.close();
  for (int i = 0; i < rounds; ++i) {
    ++chosen[select(recv_case(nil), send_case(a, 1), recv_case(full), recv_case(closed), recv_case(empty))];
    int drop = 0;
    (void)a.try_recv(drop);
    (void)full.try_send(1);
  }
  EXPECT_EQ(chosen[0], 0);
  EXPECT_EQ(chosen[4], 0);
  for (int i = 1; i <= 3; ++i) {
    EXPECT_NEAR(chosen[i], rounds / 3, 300);  // more than six standard deviations
  }
}

TEST(Select, SendToAClosedChannelIsReadyAndPanicsWhenChosen) {
  const auto closed = make_chan<int>();
  closed.close();
  EXPECT_EQ(panic_of([&] { select(send_case(closed, 1), default_case()); }), "send on closed channel");
  const auto open = make_chan<int>(1000);
  int panics = 0;
  for (int i = 0; i < 200; ++i) {
    panics += panic_of([&] { select(send_case(closed, 1), send_case(open, 1)); }) != "no panic" ? 1 : 0;
  }
  EXPECT_GT(panics, 50);
  EXPECT_EQ(open.size(), static_cast<std::size_t>(200 - panics));
}

TEST(Select, AWaitingSendPanicsAtClose) {
  sweep([] {
    const auto a = make_chan<int>();
    const auto b = make_chan<int>();
    const auto text = make_chan<std::string>();
    go([=] { text.send(panic_of([&] { select(send_case(a, 1), recv_case(b)); })); });
    ASSERT_TRUE(eventually([&] { return has_senders(a); }));
    a.close();
    EXPECT_EQ(text.recv(), "send on closed channel");
    EXPECT_EQ(queued(b), 0U);
  });
}

TEST(Select, LeavesNoLinkBehind) {
  sweep([] {
    const auto a = make_chan<int>();
    const auto b = make_chan<int>();
    const auto full = make_chan<int>(1);
    full.send(0);
    const auto done = make_chan<std::size_t>(1);
    go([=] { done.send(select(recv_case(a), send_case(b, 7), recv_case(a), send_case(full, 2))); });
    ASSERT_TRUE(eventually([&] { return has_senders(full); }));
    EXPECT_EQ(queued(a), 2U);
    EXPECT_EQ(b.recv(), 7);
    EXPECT_EQ(done.recv(), 1U);
    EXPECT_EQ(queued(a) + queued(b) + queued(full), 0U);
    EXPECT_EQ(full.size(), 1U);
  });
}

TEST(Select, ACallThatIsOverIsNoPartner) {
  run([] {
    const auto a = make_chan<int>();
    const auto b = make_chan<int>();
    std::atomic<bool> woken{false};
    const int before = gomaxprocs(1);
    go([=, &woken] {
      select(recv_case(a), recv_case(b));
      woken = true;
    });
    ASSERT_TRUE(eventually([&] { return has_receivers(b); }));
    EXPECT_EQ(a.try_send(1), chan_status::success);
    // On one processor it has not run yet, so its link is still there.
    EXPECT_TRUE(has_receivers(b));
    EXPECT_EQ(b.try_send(2), chan_status::full);
    EXPECT_EQ(select(send_case(b, 2), default_case()), 1U);
    EXPECT_FALSE(has_receivers(b));
    ASSERT_TRUE(eventually([&] { return woken.load(); }));
    gomaxprocs(before);
  });
}

TEST(Select, DoesNotMeetItself) {
  sweep([] {
    const auto ch = make_chan<int>();
    EXPECT_EQ(select(send_case(ch, 1), recv_case(ch), default_case()), 2U);
    const auto done = make_chan<std::size_t>(2);
    const auto both = [=] {
      int got = 0;
      done.send(select(send_case(ch, 1), recv_case(ch, [&](std::optional<int> v) { got = *v; })) + got * 10);
    };
    go(both);
    go(both);
    EXPECT_EQ(*done.recv() + *done.recv(), 11U);
  });
}

TEST(Select, AThrowingActionLeavesEverythingUsable) {
  sweep([] {
    const auto a = make_chan<int>(1);
    const auto b = make_chan<int>();
    a.send(1);
    const auto fail = [](std::optional<int>) { throw std::runtime_error("action"); };
    EXPECT_THROW(select(recv_case(a, fail), recv_case(b)), std::runtime_error);
    EXPECT_EQ(a.size(), 0U);
    const auto thrown = make_chan<bool>(1);
    go([=] {
      try {
        select(recv_case(a), recv_case(b, fail));
      } catch (const std::runtime_error&) {
        thrown.send(true);
      }
    });
    b.send(2);
    EXPECT_EQ(thrown.recv(), true);
    EXPECT_TRUE(is_unlocked(a) && is_unlocked(b));
    EXPECT_EQ(queued(a) + queued(b), 0U);
  });
}

TEST(Select, GoroutinesAndThreadsSelectTogether) {
  sweep([] {
    constexpr int values = 300;
    const auto a = make_chan<int>();
    const auto b = make_chan<int>(2);
    const auto sums = make_chan<long>(4);
    const auto consume = [=] {
      long sum = 0;
      bool more = true;
      const auto add = [&](std::optional<int> v) { v ? void(sum += *v) : void(more = false); };
      while (more) {
        select(recv_case(a, add), recv_case(b, add));
      }
      sums.send(sum);
    };
    std::thread first(consume);
    std::thread second(consume);
    go(consume);
    go(consume);
    for (int i = 1; i <= values; ++i) {
      select(send_case(a, i), send_case(b, i));
    }
    while (b.size() != 0) {
      yield();
    }
    a.close();
    long total = 0;
    for (int i = 0; i < 4; ++i) {
      total += *sums.recv();
    }
    EXPECT_EQ(total, long{values} * (values + 1) / 2);
    blocking([&] {
      first.join();
      second.join();
    });
  });
}

TEST(Select, MovesLargeAndThrowingValues) {
  struct large {
    std::array<int, 200> numbers{};
  };
  struct awkward {
    explicit awkward(int v) : value(std::make_unique<int>(v)) {}
    awkward(awkward&& other) noexcept(false) : value(std::move(other.value)) {}
    std::unique_ptr<int> value;
  };
  sweep([] {
    const auto l = make_chan<large>();
    const auto w = make_chan<awkward>();
    go([=] {
      select(send_case(l, large{{1, 2, 3}}));
      select(send_case(w, awkward(5)), recv_case(l));
    });
    int got = 0;
    select(recv_case(w), recv_case(l, [&](std::optional<large> v) { got = v->numbers[2]; }));
    EXPECT_EQ(got, 3);
    select(recv_case(w, [&](std::optional<awkward> v) { got = *v->value; }));
    EXPECT_EQ(got, 5);
    select(send_case(w, awkward(6)), default_case());  // not chosen: ends all the same
  });
}

TEST(Select, VoidChannels) {
  const auto ch = make_chan<void>(1);
  bool ok = false;
  EXPECT_EQ(select(send_case(ch, [&] { ok = true; }), default_case()), 0U);
  EXPECT_TRUE(ok);
  EXPECT_EQ(select(send_case(ch), default_case()), 1U);
  EXPECT_EQ(select(recv_case(ch, [&](bool sent) { ok = sent; })), 0U);
  ch.close();
  EXPECT_EQ(select(recv_case(ch, ok)), 0U);
  EXPECT_FALSE(ok);
}

TEST(Select, TemporaryHandlesAreKept) {
  auto one = recv_case(make_chan<int>());
  EXPECT_EQ(select(std::move(one), default_case()), 1U);
}

// A number of cases that is known at run time.

TEST(SelectSpan, AnyNumberOfCases) {
  sweep([] {
    constexpr std::size_t many = 100;
    std::vector<chan<int>> channels;
    std::vector<select_case> cases;
    int got = 0;
    for (std::size_t i = 0; i < many; ++i) {
      channels.push_back(make_chan<int>());
      cases.emplace_back(recv_case(channels.back(), [&](std::optional<int> v) { got = *v; }));
    }
    for (int round = 0; round < 20; ++round) {
      const auto target = static_cast<std::size_t>(round * 37) % many;
      go([ch = channels[target], round] { ch.send(round); });
      ASSERT_EQ(select(cases), target);
      ASSERT_EQ(got, round);
    }
    for (const auto& ch : channels) {
      ASSERT_EQ(queued(ch), 0U);
    }
  });
}

TEST(SelectSpan, KeepsItsChannels) {
  std::vector<select_case> cases;
  {
    const auto ch = make_chan<int>(1);
    ch.send(4);
    cases.emplace_back(recv_case(ch));
  }
  EXPECT_EQ(select(cases), 0U);
  cases.emplace_back(default_case());
  EXPECT_EQ(select(cases), 1U);
}

TEST(SelectSpan, ASendHappensOnce) {
  const auto ch = make_chan<std::string>(5);
  std::vector<select_case> cases;
  cases.emplace_back(send_case(ch, "once"));
  cases.emplace_back();
  cases.emplace_back(default_case());
  EXPECT_EQ(select(cases), 0U);
  EXPECT_EQ(select(cases), 2U);
  EXPECT_EQ(ch.size(), 1U);
  cases.emplace_back(default_case());
  EXPECT_EQ(panic_of([&] { select(cases); }), "select: more than one default case");
}

}  // namespace
}  // namespace goro
