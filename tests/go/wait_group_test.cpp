// Behaviour of goro::wait_group. Names in capitals are those of Go's sync/waitgroup_test.go.
#include "goro/wait_group.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "deliberate_race.hpp"
#include "support.hpp"

using namespace support;

namespace {

TEST(sync_wait_group, TestWaitGroup) {
  sweep_processors([] {
    goro::wait_group first;
    goro::wait_group second;
    for (int round = 0; round < 8; ++round) {  // a wait_group may be used again
      constexpr int n = 16;
      first.add(n);
      second.add(n);
      std::atomic<int> exited{0};
      for (int i = 0; i < n; ++i) {
        goro::go([&] {
          first.done();
          second.wait();
          ++exited;
        });
      }
      first.wait();
      for (int i = 0; i < n; ++i) {
        EXPECT_EQ(exited, 0) << "wait() returned too early";
        second.done();
      }
      EXPECT_TRUE(eventually([&] { return exited == n; }));
    }
  });
}

TEST(sync_wait_group, TestWaitGroupMisuse) {
  goro::wait_group wg;
  wg.add(1);
  wg.done();
  EXPECT_TRUE(panics_with("sync: negative wait_group counter", [&] { wg.done(); }));
}

TEST(sync_wait_group, PanicsAtDeltasOutOfRange) {
  goro::wait_group wg;
  EXPECT_TRUE(panics_with("sync: negative wait_group counter", [&] { wg.add(PTRDIFF_MIN); }));
  EXPECT_TRUE(panics_with("sync: wait_group counter overflow", [&] { wg.add(PTRDIFF_MAX); }));
  wg.wait();  // neither did anything
}

TEST(sync_wait_group, TestWaitGroupRace) {
  sweep_processors([] {
    for (int i = 0; i < 250 * scale; ++i) {
      auto wg = std::make_unique<goro::wait_group>();
      std::atomic<int> n{0};
      for (int k = 0; k < 2; ++k) {
        wg->add(1);
        goro::go([&n, group = wg.get()] {
          ++n;
          group->done();
        });
      }
      wg->wait();
      ASSERT_EQ(n, 2) << "wait() returned too early";
    }
  });
}

TEST(sync_wait_group, TestWaitGroupAlign) {
  struct {
    char c = 0;
    goro::wait_group wg;
  } x;
  x.wg.add(1);
  goro::go([&x] { x.wg.done(); });
  x.wg.wait();
}

TEST(sync_wait_group, TestWaitGroupGo) {
  goro::wait_group wg;
  int i = 0;
  wg.go([&i] { ++i; });
  wg.wait();
  EXPECT_EQ(i, 1);
}

TEST(sync_wait_group, GoCallsDoneAfterGoexit) {
  goro::wait_group wg;
  wg.go([] { goro::goexit(); });
  wg.wait();
}

// What f captured is destroyed before wait() returns.
TEST(sync_wait_group, GoDestroysTheFunctionBeforeDone) {
  sweep_processors([] {
    for (int i = 0; i < 100 * scale; ++i) {
      goro::wait_group wg;
      auto captured = std::make_shared<int>(7);
      std::weak_ptr<int> watch = captured;
      wg.go([captured = std::move(captured)]() mutable {});
      wg.wait();
      ASSERT_TRUE(watch.expired());
    }
  });
}

TEST(sync_wait_group, GoTakesMoveOnlyFunctions) {
  goro::wait_group wg;
  int got = 0;
  wg.go([&got, p = std::make_unique<int>(3)] { got = *p; });
  wg.wait();
  EXPECT_EQ(got, 3);
}

// A function that cannot be copied into its goroutine leaves no debt.
TEST(sync_wait_group, GoThatThrowsDoesNotCount) {
  struct throwing {
    throwing() = default;
    throwing(const throwing&) { throw std::runtime_error("copy"); }
    void operator()() const {}
  };
  goro::wait_group wg;
  const throwing f;
  EXPECT_THROW(wg.go(f), std::runtime_error);
  wg.wait();
}

TEST(sync_wait_group, ReleasesAllWaitersOfBothKinds) {
  sweep_processors([] {
    for (int round = 0; round < 10 * scale; ++round) {
      goro::wait_group wg;
      wg.add(3);
      int data = 0;
      together(8, [&](int i) {
        if (i < 3) {
          if (i == 0) {
            data = round;
          }
          wg.done();
        } else {
          wg.wait();
          EXPECT_EQ(data, round);
        }
      });
    }
  });
}

// The wait_group may be gone while the done() that ended the wait is still on its way out (sanitizers watch).
TEST(sync_wait_group, MayBeDestroyedAfterWait) {
  sweep_processors([] {
    together(4, [](int) {
      for (int i = 0; i < 100 * scale; ++i) {
        std::optional<goro::wait_group> wg(std::in_place);
        for (int k = 0; k < 3; ++k) {
          wg->go([] {});
        }
        wg->wait();
        wg.reset();
      }
    });
  });
}

// As Go says: an add() from zero while somebody waits is misuse, noticed by one side or the other, or harmless; never a
// hang.
TEST(sync_wait_group, MisuseIsAPanicAndNotAHang) {
  for (int i = 0; i < 50 * scale; ++i) {
    goro::wait_group wg;
    wg.add(1);
    std::atomic<int> unknown_panics{0};
    const auto guarded = [&](auto f) {
      try {
        f();
      } catch (const goro::panic_error& e) {
        unknown_panics += !std::string_view(e.what()).starts_with("sync: ");
      }
    };
    together(3, [&](int who) {
      if (who == 0) {
        guarded([&] { wg.wait(); });
      } else if (who == 1) {
        guarded([&] { wg.done(); });
      } else {
        guarded([&] {
          const support::deliberate_race expected;
          wg.add(1);
        });
        guarded([&] { wg.done(); });
      }
    });
    ASSERT_EQ(unknown_panics, 0);
  }
}

class sync_wait_group_fatal : public fatal {};

TEST_F(sync_wait_group_fatal, TestIssue76126) {
  EXPECT_DEATH(
      {
        goro::wait_group wg;
        wg.go([] { throw std::runtime_error("test"); });
        wg.wait();
        std::fputs("wait returned\n", stderr);
      },
      "^panic: .*test");
}

TEST_F(sync_wait_group_fatal, GoOfAnEmptyFunction) {
  goro::wait_group wg;
  EXPECT_EXIT(wg.go(std::function<void()>()), ::testing::ExitedWithCode(2), "fatal error: go of nil func value");
}

}  // namespace
