// select among many, after the tests of select in Go's runtime/chan_test.go and the programs
// chan/{doubleselect,select2, select6,select7}.go.
#include <array>
#include <atomic>
#include <cmath>
#include <set>

#include "chan_support.hpp"

using namespace support;
using goro::default_case;
using goro::recv_case;
using goro::select;
using goro::send_case;

namespace {

// Two callers that do something at nearly the same moment, again and again.
class in_step {
 public:
  void wait(std::size_t who, int turn) {
    at_[who] = turn;
    for (int spins = 0; at_[1 - who] < turn; ++spins) {
      if (spins >= 16) {  // on one processor the other needs it
        goro::yield();
      }
    }
  }

 private:
  std::array<std::atomic<int>, 2> at_{-1, -1};
};

// A select acts on one state of its channels, not on one smeared over time: from the beginning of each turn one of the
// two is ready at every moment. `make_ready` makes the second ready before the first is emptied.
template <class MakeReady>
void one_is_always_ready(MakeReady make_ready) {
  sweep_processors([&] {
    for (const callers kind : {callers::goroutines, callers::mixed}) {
      const int turns = kind == callers::goroutines ? 50 * scale : 5 * scale;
      std::vector<std::array<chan<int>, 2>> channels(static_cast<std::size_t>(turns));
      for (auto& [first, second] : channels) {
        first = make_chan<int>(1);
        first.send(1);
        second = make_chan<int>(1);
      }
      in_step steps;
      together(
          2,
          [&](int who) {
            for (int i = 0; i < turns; ++i) {
              const auto& c = channels[static_cast<std::size_t>(i)];
              steps.wait(static_cast<std::size_t>(who), i);
              if (who == 1) {
                make_ready(c[1]);
                select(recv_case(c[0]), default_case());
              } else {
                const std::size_t one = static_cast<std::size_t>(i) % 2;  // looked at in either order
                EXPECT_LT(select(recv_case(c[one]), recv_case(c[1 - one]), default_case()), 2U)
                    << "no channel is ready";
              }
            }
          },
          kind);
    }
  });
}

TEST(select_many, TestNonblockSelectRace) {
  one_is_always_ready([](const chan<int>& c) { c.send(1); });
}
TEST(select_many, TestNonblockSelectRace2) {
  one_is_always_ready([](const chan<int>& c) { c.close(); });
}

// Sending to and receiving from the same channel in one select: never from oneself, and no deadlock.
TEST(select_many, TestSelfSelect) {
  sweep_processors([] {
    for (const callers kind : {callers::goroutines, callers::mixed}) {
      for (const std::size_t capacity : {0, 10}) {
        const auto c = make_chan<int>(capacity);
        together(
            2,
            [&](int who) {
              const auto check = [&](std::optional<int> got) {
                EXPECT_TRUE(got.has_value());
                EXPECT_TRUE(capacity > 0 || got != who) << "received from itself";
              };
              for (int i = 0; i < 250 * scale; ++i) {
                if (who == 0 || i % 2 == 0) {
                  select(send_case(c, who), recv_case(c, check));
                } else {
                  select(recv_case(c, check), send_case(c, who));
                }
              }
            },
            kind);
      }
    }
  });
}

// On each of four channels: one that sends, one that receives, one select that sends on all, one that receives from
// all.
TEST(select_many, TestSelectStress) {
  sweep_processors([] {
    constexpr int n = 250 * scale;
    const std::array channels{make_chan<int>(), make_chan<int>(), make_chan<int>(2), make_chan<int>(3)};
    const auto on_all = [&](auto&& case_of) {
      std::array<int, 4> left{n, n, n, n};
      auto open = channels;
      for (int i = 0; i < 4 * n; ++i) {
        const std::size_t k = select(case_of(open[0]), case_of(open[1]), case_of(open[2]), case_of(open[3]));
        if (--left.at(k) == 0) {
          open.at(k) = {};
        }
      }
    };
    together(10, [&](int i) {
      if (i < 4) {
        for (int k = 0; k < n; ++k) {
          channels.at(static_cast<std::size_t>(i)).send(0);
        }
      } else if (i < 8) {
        for (int k = 0; k < n; ++k) {
          channels.at(static_cast<std::size_t>(i) - 4).recv();
        }
      } else if (i == 8) {
        on_all([](const chan<int>& c) { return send_case(c, 0); });
      } else {
        on_all([](const chan<int>& c) { return recv_case(c); });
      }
    });
  });
}

// n fair coins: within ten standard deviations of the middle.
testing::AssertionResult is_fair(int heads, int n) {
  const double off = std::abs(heads - n * 0.5);
  return off <= 10 * std::sqrt(n * 0.25) ? testing::AssertionSuccess()
                                         : testing::AssertionFailure() << heads << " of " << n;
}

TEST(select_many, TestSelectFairness) {
  constexpr int trials = 2500 * scale;
  const auto ones = make_chan<int>(trials + 1);
  const auto twos = make_chan<int>(trials + 1);
  for (int i = 0; i <= trials; ++i) {
    ones.send(1);
    twos.send(2);
  }
  const auto never = make_chan<int>();
  const auto out = make_chan<int>();
  const auto done = make_chan<void>();
  together(2, [&](int who) {
    if (who == 0) {
      std::optional<int> drawn;
      do {
        select(recv_case(never, drawn), recv_case(chan<int>(), drawn), recv_case(ones, drawn), recv_case(twos, drawn));
      } while (select(send_case(out, *drawn), recv_case(done)) == 0);
      return;
    }
    std::array<int, 3> count{};
    for (int i = 0; i < trials; ++i) {
      ++count.at(static_cast<std::size_t>(out.recv().value()));
    }
    EXPECT_TRUE(is_fair(count[1], trials));
    done.close();
  });
}

// With default, and without waiting: the same.
TEST(select_many, AmongReadyCasesEachIsAsLikely) {
  constexpr int trials = 2500 * scale;
  const auto full = full_chan(1);
  const auto empty = make_chan<int>(1);
  const auto closed = closed_chan();
  std::array<int, 5> count{};
  for (int i = 0; i < trials; ++i) {
    const std::size_t chosen =
        select(recv_case(full), recv_case(chan<int>()), default_case(), send_case(empty, 1), recv_case(closed));
    ++count.at(chosen);
    if (chosen == 0) {
      full.send(0);
    } else if (chosen == 3) {
      empty.recv();
    }
  }
  EXPECT_EQ(count[1], 0);
  EXPECT_EQ(count[2], 0);
  for (const std::size_t k : {0, 3, 4}) {
    EXPECT_GT(count.at(k), trials / 4);
    EXPECT_LT(count.at(k), trials / 2);
  }
}

TEST(select_many, TestPseudoRandomSend) {
  sweep_processors([] {
    constexpr int n = 400;
    for (const std::size_t capacity : {0, n}) {
      const auto c = make_chan<int>(capacity);
      together(2, [&](int who) {
        if (who == 0) {
          for (int i = 0; i < n; ++i) {
            select(send_case(c, 1), send_case(c, 0));
          }
          return;
        }
        int heads = 0;
        for (int i = 0; i < n; ++i) {
          goro::yield();
          heads += c.recv().value();
        }
        EXPECT_GT(heads, n / 10);
        EXPECT_LT(heads, n - n / 10);
      });
    }
  });
}

// The one that waits twice on a channel, and is chosen through another, leaves the first channel's queue in order.
TEST(select_many, TestSelectDuplicateChannel) {
  sweep_processors([] {
    for (int round = 0; round < 5 * scale; ++round) {
      const auto c = make_chan<int>();
      const auto d = make_chan<int>();
      const auto told = make_chan<int>();
      together(3, [&](int who) {
        if (who == 0) {
          EXPECT_EQ(select(recv_case(c), recv_case(c), recv_case(d)), 2U);
          told.send(9);
        } else if (who == 1) {
          let_others_run();  // so that it stands behind the other in c's queue
          EXPECT_EQ(c.recv(), 8);
        } else {
          let_others_run();
          let_others_run();
          d.send(7);
          EXPECT_EQ(told.recv(), 9);
          c.send(8);
        }
      });
    }
  });
}

// Numbers from one select on four channels, merged again: each comes once.
TEST(select_many, doubleselect) {
  sweep_processors([] {
    constexpr int n = 500 * scale;
    const std::array parts{make_chan<int>(), make_chan<int>(), make_chan<int>(), make_chan<int>()};
    const auto merged = make_chan<int>();
    std::atomic<int> merging{4};
    together(6, [&](int who) {
      if (who == 0) {
        for (int i = 0; i < n; ++i) {
          select(send_case(parts[0], i), send_case(parts[1], i), send_case(parts[2], i), send_case(parts[3], i));
        }
        for (const auto& part : parts) {
          part.close();
        }
      } else if (who <= 4) {
        for (const int v : parts.at(static_cast<std::size_t>(who) - 1)) {
          merged.send(v);
        }
        if (--merging == 0) {
          merged.close();
        }
      } else {
        std::vector<int> seen(n);
        for (const int v : merged) {
          EXPECT_EQ(++seen.at(static_cast<std::size_t>(v)), 1);
        }
        EXPECT_EQ(std::set(seen.begin(), seen.end()), std::set{1});
      }
    });
  });
}

// chan/select6.go: the second in a queue leaves it through another channel; the third is still found.
TEST(select_many, select6_DequeueFromTheMiddle) {
  sweep_processors([] {
    for (int round = 0; round < 10 * scale; ++round) {
      const auto c1 = make_chan<int>();
      const auto c2 = make_chan<int>();
      const auto c3 = make_chan<int>();
      together(4, [&](int who) {
        if (who == 0) {
          c1.recv();
        } else if (who == 1) {
          const auto not_from_c1 = [](std::optional<int>) { ADD_FAILURE() << "nobody sends yet"; };
          select(recv_case(c1, not_from_c1), recv_case(c2, [&](std::optional<int>) { c3.send(1); }));
          c1.recv();
        } else if (who == 2) {
          c2.send(1);
        } else {
          c3.recv();
          c1.send(1);
          c1.send(1);
        }
      });
    }
  });
}

// chan/select7.go: every kind of sender meets every kind of receiver that may already be waiting.
TEST(select_many, select7_EverySenderMeetsEveryReceiver) {
  using operation = void (*)(const chan<int>&);
  constexpr std::array<operation, 3> receives{
      [](const chan<int>& c) { EXPECT_EQ(c.recv(), 1); },
      [](const chan<int>& c) { select(recv_case(c)); },
      [](const chan<int>& c) { select(recv_case(c), recv_case(make_chan<int>())); },
  };
  constexpr std::array<operation, 3> sends{
      [](const chan<int>& c) { c.send(1); },
      [](const chan<int>& c) { select(send_case(c, 1)); },
      [](const chan<int>& c) { select(send_case(c, 1), send_case(make_chan<int>(), 1)); },
  };
  sweep_processors([&] {
    for (const auto send : sends) {
      for (const auto receive : receives) {
        for (int order = 0; order < 4; ++order) {
          const auto c = make_chan<int>();
          together(2, [&](int who) {
            if (who == order / 2) {
              goro::yield();
            }
            (who == order % 2 ? send : receive)(c);
          });
        }
      }
    }
  });
}

}  // namespace
