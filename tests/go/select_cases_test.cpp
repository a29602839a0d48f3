// The cases of a select: when their channels and values are evaluated, what they may be, how many. After Go's
// chan/{select,select5}.go, typeparam and fixedbugs 4313, 8336; and what goro adds: actions, indices, a list of cases.
#include <array>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>

#include "chan_support.hpp"

using namespace support;
using goro::default_case;
using goro::recv_case;
using goro::select;
using goro::select_case;
using goro::send_case;

namespace {

// chan/select.go: values are evaluated in every round, whether their channel takes one, is full, or nil.
TEST(select_cases, select_ValuesAreEvaluatedEveryTime) {
  unsigned calls = 0;
  unsigned shift = 0;
  const auto value = [&] {
    ++calls;
    return 1U << shift;
  };
  const auto send_what_fits = [&](chan<unsigned> a, chan<unsigned> b) {
    int sent = 0;
    while (true) {
      const std::size_t chosen = select(send_case(a, value()), send_case(b, value()), default_case());
      if (chosen == 2) {
        return sent;
      }
      ++sent;
      (chosen == 0 ? a : b) = {};
      ++shift;
    }
  };
  const auto a = make_chan<unsigned>(1);
  const auto b = make_chan<unsigned>(1);
  EXPECT_EQ(send_what_fits(a, b), 2);
  EXPECT_EQ(a.recv().value() | b.recv().value(), 3U);
  EXPECT_EQ(send_what_fits(a, {}), 1);
  EXPECT_EQ(calls, 10U);
}

// fixedbugs/issue4313.go: a value that is sent is the one of its own case's evaluation.
TEST(select_cases, issue4313_TheValueIsCopiedWhenTheCaseIsMade) {
  const auto c = make_chan<int>(1);
  int x = 0;
  auto sends = send_case(c, x);
  x = 42;
  select(sends, recv_case(make_chan<bool>()));
  EXPECT_EQ(c.recv(), 0);
}

// fixedbugs/issue8336.go: a case that cannot be made ends the select before anything happens.
TEST(select_cases, issue8336_NothingHappensWhenACaseCannotBeMade) {
  const auto ready = make_chan<int>(1);
  ready.send(1);
  const auto broken = []() -> chan<int> { throw std::runtime_error("no channel"); };
  EXPECT_THROW(select(recv_case(ready), recv_case(broken())), std::runtime_error);
  EXPECT_EQ(ready.size(), 1U);
}

// chan/select5.go makes a program for each combination of: the ways to receive or send, where default stands, and cases
// that are never ready. One that is ready must win against all that are not.
struct others {
  chan<int> never = make_chan<int>();
  chan<int> nil;
};

template <class Chosen>
void among_the_others(const Chosen& chosen) {
  const others o;
  const auto wrong = [](auto&&...) { ADD_FAILURE() << "not ready"; };
  EXPECT_EQ(select(chosen()), 0U);
  for (unsigned which = 0; which < 64; ++which) {
    std::vector<select_case> cases;
    if ((which & 1) != 0) {
      cases.push_back(default_case(wrong));
    }
    if ((which & 2) != 0) {
      cases.push_back(send_case(o.never, 1, wrong));
    }
    if ((which & 4) != 0) {
      cases.push_back(recv_case(o.nil, wrong));
    }
    const std::size_t place = cases.size();
    cases.push_back(chosen());
    if ((which & 8) != 0) {
      cases.push_back(recv_case(o.never, wrong));
    }
    if ((which & 16) != 0) {
      cases.push_back(send_case(o.nil, 1, wrong));
    }
    if ((which & 33) == 32) {
      cases.push_back(default_case(wrong));
    }
    EXPECT_EQ(select(std::span(cases)), place);
  }
}

TEST(select_cases, select5_Receive) {
  const auto c = make_chan<int>(1);
  int next = 0;
  among_the_others([&] {
    c.send(next);
    return recv_case(c, [&](std::optional<int> v) { EXPECT_EQ(v, next++); });
  });
  std::optional<int> got;
  among_the_others([&] {
    c.send(++next);
    return recv_case(c, got);
  });
  EXPECT_EQ(got, next);
  among_the_others([&] {
    c.send(++next);
    return recv_case(c);
  });
  EXPECT_EQ(c.size(), 0U);
}

TEST(select_cases, select5_Send) {
  const auto c = make_chan<int>(1);
  int next = 0;
  among_the_others([&] { return send_case(c, next, [&] { EXPECT_EQ(c.recv(), next++); }); });
  EXPECT_EQ(next, 65);
}

TEST(select_cases, select5_DefaultWhenNothingIsReady) {
  const others o;
  std::optional<int> untouched = 5;
  EXPECT_EQ(select(default_case(), send_case(o.never, 1), recv_case(o.never, untouched)), 0U);
  EXPECT_EQ(select(send_case(o.nil, 1), default_case(), recv_case(o.nil, untouched)), 1U);
  EXPECT_EQ(select(send_case(o.never, 1), recv_case(o.nil, untouched), default_case()), 2U);
  EXPECT_EQ(untouched, 5);
}

TEST(select_cases, TheActionHasRunWhenSelectReturns) {
  std::string order;
  const auto c = make_chan<int>(1);
  select(send_case(c, 1, [&] { order += "sent "; }));
  order += "after ";
  select(recv_case(c, [&](std::optional<int>) { order += "received "; }));
  select(recv_case(c), default_case([&] { order += "default"; }));
  EXPECT_EQ(order, "sent after received default");
}

// An action runs outside of all locks: it may use the channels of its own select.
TEST(select_cases, ActionsMayUseTheChannelsOfTheSelect) {
  const auto c = make_chan<int>(2);
  const auto d = make_chan<int>(1);
  select(send_case(c, 1,
                   [&] {
                     c.send(2);
                     EXPECT_EQ(select(recv_case(c), recv_case(d)), 0U);
                   }),
         recv_case(d));
  EXPECT_EQ(c.recv(), 2);
  select(recv_case(c), send_case(d, 1, [&] { c.close(); }));
  EXPECT_EQ(c.recv(), std::nullopt);
}

TEST(select_cases, AnActionThatThrowsLeavesTheChannelsUsable) {
  sweep_processors([] {
    const auto c = make_chan<int>(1);
    const auto d = make_chan<int>();
    const auto fail = [](auto&&...) { throw std::runtime_error("action"); };
    EXPECT_THROW(select(send_case(c, 1, fail), recv_case(d)), std::runtime_error);
    EXPECT_EQ(c.size(), 1U) << "the case has taken effect";
    EXPECT_THROW(select(recv_case(d), recv_case(c, fail)), std::runtime_error);
    EXPECT_EQ(c.size(), 0U);
    EXPECT_THROW(select(recv_case(c), default_case(fail)), std::runtime_error);
    together(2, [&](int who) {  // the same after waiting
      if (who == 0) {
        EXPECT_THROW(select(recv_case(c, fail), recv_case(d, fail)), std::runtime_error);
      } else {
        let_others_run();
        d.send(1);
      }
    });
    EXPECT_EQ(c.try_send(2), chan_status::success) << "nobody waits at c any more";
    EXPECT_EQ(c.size(), 1U);
  });
}

TEST(select_cases, VoidChannels) {
  const auto c = make_chan<void>(1);
  bool sent = false;
  EXPECT_EQ(select(recv_case(c), send_case(c, [&] { sent = true; })), 1U);
  EXPECT_TRUE(sent);
  EXPECT_EQ(select(send_case(c), recv_case(c, [](bool ok) { EXPECT_TRUE(ok); })), 1U);
  c.close();
  EXPECT_EQ(select(recv_case(c, [](bool ok) { EXPECT_FALSE(ok); }), default_case()), 0U);
}

// Different types in one select.
TEST(select_cases, MixedTypes) {
  const auto numbers = make_chan<int>(1);
  const auto words = make_chan<std::string>(1);
  const auto owners = make_chan<std::unique_ptr<int>>(1);
  std::optional<std::string> word;
  EXPECT_EQ(select(recv_case(numbers), recv_case(words, word), send_case(owners, std::make_unique<int>(3))), 2U);
  words.send("w");
  EXPECT_EQ(select(recv_case(numbers), recv_case(words, word), send_case(owners, std::make_unique<int>(4))), 1U);
  EXPECT_EQ(word, "w");
  EXPECT_EQ(*owners.recv().value(), 3);
}

// A number of cases known at run time: each of the channels is found, also behind those that are nil.
TEST(select_cases, ManyCases) {
  sweep_processors([] {
    for (const std::size_t n : {1, 2, 8, 9, 40, 200}) {
      std::vector<chan<int>> channels(2 * n);
      for (std::size_t i = 0; i < n; ++i) {
        channels[2 * i] = make_chan<int>();
      }
      together(2, [&](int who) {
        for (std::size_t i = 0; i < n; i += 1 + n / 8) {
          if (who == 0) {
            channels[2 * i].send(static_cast<int>(i));
            continue;
          }
          std::optional<int> got;
          std::vector<select_case> cases;
          for (const auto& c : channels) {
            cases.push_back(recv_case(c, got));
          }
          EXPECT_EQ(select(std::span(cases)), 2 * i);
          EXPECT_EQ(got, static_cast<int>(i));
        }
      });
    }
  });
}

}  // namespace
