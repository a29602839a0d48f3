// gomaxprocs as a number and as a limit. Settings from the environment: tests/programs/bad_gomaxprocs.cpp.
#include <atomic>
#include <set>

#include "goro/wait_group.hpp"
#include "support.hpp"

namespace {

TEST(sched_gomaxprocs, AsksWithoutChanging) {
  const int n = goro::gomaxprocs();
  EXPECT_GE(n, 1);
  EXPECT_EQ(goro::gomaxprocs(0), n);
  EXPECT_EQ(goro::gomaxprocs(-5), n);
  EXPECT_EQ(goro::gomaxprocs(), n);
}

TEST(sched_gomaxprocs, ReturnsTheValueBefore) {
  const int n = goro::gomaxprocs();
  EXPECT_EQ(goro::gomaxprocs(3), n);
  EXPECT_EQ(goro::gomaxprocs(n), 3);
}

// Go: TestGOMAXPROCSUpdate is about the automatic following of the cgroup; this is the update by hand.
TEST(sched_gomaxprocs, ChangesTakeEffectWhileGoroutinesRun) {
  const int before = goro::gomaxprocs(4);
  std::atomic<bool> stop{false};
  std::atomic<int> inside{0};
  goro::wait_group ended;
  for (int i = 0; i < 8; ++i) {
    ended.go([&] {
      while (!stop) {
        ++inside;
        for (int spin = 0; spin < 20; ++spin) {
          std::this_thread::yield();
        }
        --inside;
        goro::checkpoint();
        goro::yield();
      }
    });
  }
  EXPECT_TRUE(support::eventually([&] { return inside > 1; }));  // several at once
  goro::gomaxprocs(1);
  // Now one at a time, a thousand looks in a row. Not for ever: one whose thread the system lets wait for too long
  // loses its processor to another, and is inside beside it until its checkpoint.
  EXPECT_TRUE(support::eventually([&] {
    for (int look = 0; look < 1000; ++look) {
      if (inside > 1) {
        return false;
      }
      std::this_thread::yield();
    }
    return true;
  }));
  goro::gomaxprocs(4);
  EXPECT_TRUE(support::eventually([&] { return inside > 1; }));
  stop = true;
  ended.wait();
  goro::gomaxprocs(before);
}

// What a processor held when it was taken away is run by the others: queued, parked and sleeping goroutines.
TEST(sched_gomaxprocs, NothingIsLeftBehindOnAProcessorTakenAway) {
  const int before = goro::gomaxprocs();
  for (int round = 0; round < 20 * support::scale; ++round) {
    goro::gomaxprocs(8);
    goro::wait_group ended;
    for (int i = 0; i < 64; ++i) {
      ended.go([i] {
        if (i % 2 == 0) {
          goro::sleep(std::chrono::microseconds(i * 5));
        } else {
          goro::yield();
        }
      });
    }
    goro::gomaxprocs(1);
    ended.wait();
  }
  goro::gomaxprocs(before);
}

}  // namespace
