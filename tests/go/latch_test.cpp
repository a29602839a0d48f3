// Behaviour of goro::latch and goro::barrier: that of std::latch and std::barrier. Go has neither.
#include "goro/latch.hpp"

#include <array>
#include <memory>
#include <optional>

#include "goro/barrier.hpp"
#include "support.hpp"

using namespace support;

namespace {

TEST(sync_latch, OpensAtZeroAndStaysOpen) {
  goro::latch l(3);
  EXPECT_FALSE(l.try_wait());
  l.count_down();
  l.count_down(0);
  EXPECT_FALSE(l.try_wait());
  l.count_down(2);
  EXPECT_TRUE(l.try_wait());
  l.wait();
  goro::latch(0).wait();
}

TEST(sync_latch, PanicsBelowZero) {
  goro::latch l(1);
  EXPECT_TRUE(panics_with("sync: latch counted below zero", [&] { l.count_down(2); }));
  EXPECT_TRUE(panics_with("sync: latch counted below zero", [&] { l.count_down(-1); }));
  EXPECT_TRUE(panics_with("sync: latch count out of range", [] { goro::latch negative(-1); }));
  EXPECT_FALSE(l.try_wait());
}

TEST(sync_latch, ReleasesAllWaitersOfBothKinds) {
  sweep_processors([] {
    for (int round = 0; round < 20 * scale; ++round) {
      goro::latch l(4);
      std::array<int, 4> data{};
      together(8, [&](int i) {
        if (i < 4) {
          data[static_cast<std::size_t>(i)] = 1;
          l.arrive_and_wait();
        } else {
          l.wait();
        }
        EXPECT_EQ(data, (std::array<int, 4>{1, 1, 1, 1}));
      });
    }
  });
}

// Sanitizers watch.
TEST(sync_latch, MayBeDestroyedAfterWait) {
  sweep_processors([] {
    together(4, [](int) {
      for (int i = 0; i < 100 * scale; ++i) {
        std::optional<goro::latch> l(2);
        goro::go([&l = *l] { l.count_down(); });
        goro::go([&l = *l] { l.count_down(); });
        l->wait();
        l.reset();
      }
    });
  });
}

// In each phase everybody has written before the completion function reads, and it has run before anybody goes on.
TEST(sync_barrier, PhasesFollowEachOther) {
  sweep_processors([] {
    constexpr int n = 5;
    constexpr int phases = 100 * scale;
    std::array<int, n> written{};
    int completed = 0;
    int mistakes = 0;
    goro::barrier b(n, [&]() noexcept {
      for (const int w : written) {
        mistakes += w != completed;
      }
      ++completed;
    });
    together(n, [&](int i) {
      for (int phase = 0; phase < phases; ++phase) {
        ASSERT_EQ(completed, phase);
        written[static_cast<std::size_t>(i)] = phase;
        if (phase % 2 == 0) {
          b.arrive_and_wait();
        } else {
          b.wait(b.arrive());
        }
      }
    });
    EXPECT_EQ(completed, phases);
    EXPECT_EQ(mistakes, 0);
  });
}

TEST(sync_barrier, ArriveDoesNotWait) {
  goro::barrier b(2);
  auto first = b.arrive();
  auto second = b.arrive();
  b.wait(std::move(first));
  b.wait(std::move(second));
  b.wait(b.arrive(2));
  EXPECT_TRUE(panics_with("sync: barrier: more arrivals than expected", [&] { (void)b.arrive(3); }));
  EXPECT_TRUE(panics_with("sync: barrier: more arrivals than expected", [&] { (void)b.arrive(0); }));
}

TEST(sync_barrier, DroppedParticipantsAreNotExpectedAgain) {
  sweep_processors([] {
    goro::barrier b(6);
    std::atomic<int> steps{0};
    together(6, [&](int i) {
      for (int step = 0; step < i; ++step) {
        b.arrive_and_wait();
        ++steps;
      }
      b.arrive_and_drop();
    });
    EXPECT_EQ(steps, 0 + 1 + 2 + 3 + 4 + 5);
  });
}

// Sanitizers watch.
TEST(sync_barrier, MayBeDestroyedAfterTheLastPhase) {
  sweep_processors([] {
    for (int i = 0; i < 100 * scale; ++i) {
      auto b = std::make_unique<goro::barrier<>>(2);
      goro::go([&b = *b] { b.arrive_and_drop(); });
      b->arrive_and_wait();
      b.reset();
    }
  });
}

}  // namespace
