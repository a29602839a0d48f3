// testing::run_virtual: who runs when, inside a bubble and beside it.
#include <atomic>
#include <chrono>

#include "goro/goro.hpp"
#include "goro/testing.hpp"
#include "support.hpp"

namespace {

using namespace std::chrono_literals;
using goro::testing::run_virtual;

TEST(synctest_turns, OthersGoOnMeanwhile) {
  support::sweep_processors([] {
    std::atomic<bool> stop{false};
    goro::wait_group others;
    others.go([&stop] {
      while (!stop) {
        goro::yield();
      }
    });
    run_virtual([] {
      for (int i = 0; i < 1000; ++i) {
        goro::sleep(1s);
        goro::yield();
      }
    });
    stop = true;
    others.wait();
  });
}

TEST(synctest_turns, BubblesDoNotKnowEachOther) {
  support::sweep_processors([] {
    support::together(8, [](int i) {
      run_virtual([i] {
        const auto start = goro::now();
        for (int round = 0; round < 50; ++round) {
          goro::sleep(std::chrono::seconds(i + 1));
        }
        EXPECT_EQ(goro::now() - start, std::chrono::seconds(50 * (i + 1)));
      });
    });
  });
}

// Nor does a busy machine change the order: the end of a time slice is nobody's turn.
TEST(synctest_turns, WhoIsSlowKeepsItsTurn) {
  support::sweep_processors([] {
    std::atomic<int> order{0};
    run_virtual([&order] {
      for (const int digit : {1, 2}) {
        goro::go([&order, digit] {
          order = order * 10 + digit;
          const auto end = std::chrono::steady_clock::now() + 30ms;
          while (std::chrono::steady_clock::now() < end) {
            goro::checkpoint();
          }
          order = order * 10 + digit;
        });
      }
    });
    EXPECT_EQ(order, 1122);
  });
}

TEST(synctest_turns, ALoopThatCallsGoroLetsOthersChangeWhatItWaitsFor) {
  run_virtual([] {
    std::atomic<bool> done{false};
    goro::go([&done] { done = true; });
    while (!done) {
      goro::checkpoint();
    }
  });
}

}  // namespace
