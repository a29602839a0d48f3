// Behaviour of goro::errgroup. Names in capitals are those of Go's x/sync/errgroup/errgroup_test.go.
#include "goro/errgroup.hpp"

#include <memory>
#include <stdexcept>

#include "context_support.hpp"

using namespace support;
using goro::errc;

namespace {

const std::error_code doomed = std::make_error_code(std::errc::bad_message);
const std::error_code other = std::make_error_code(std::errc::broken_pipe);
const std::error_code fine;

// What wait() throws, as a code.
std::error_code result_of(goro::errgroup& group) {
  try {
    group.wait();
    return {};
  } catch (const std::system_error& e) {
    return e.code();
  }
}

const std::vector<std::pair<std::vector<std::error_code>, std::error_code>> examples = {
    {{}, fine}, {{fine}, fine}, {{doomed}, doomed}, {{doomed, fine}, doomed}, {{doomed, fine, other}, doomed},
};

// The first error stays, also when the group goes on.
TEST(sync_errgroup, TestZeroGroup) {
  for (const auto& [codes, wanted] : examples) {
    goro::errgroup group;
    std::error_code first;
    for (const std::error_code code : codes) {
      group.go([code] { return code; });
      first = first ? first : code;
      EXPECT_EQ(result_of(group), first);
    }
    EXPECT_EQ(result_of(group), wanted);
  }
}

TEST(sync_errgroup, TestWithContext) {
  for (const auto& [codes, wanted] : examples) {
    if (codes.size() > 2) {
      continue;  // which one of two is first is not known here
    }
    goro::errgroup group(goro::background());
    for (const std::error_code code : codes) {
      group.go([code] { return code; });
    }
    EXPECT_EQ(result_of(group), wanted);
    EXPECT_TRUE(is_done(group.ctx()));
  }
}

TEST(sync_errgroup, TestCancelCause) {
  for (const auto& [codes, wanted] : examples) {
    if (codes.size() > 2) {
      continue;
    }
    goro::errgroup group(goro::background());
    for (const std::error_code code : codes) {
      EXPECT_TRUE(group.try_go([code] { return code; }));
    }
    EXPECT_EQ(result_of(group), wanted);
    expect_ended(group.ctx(), errc::canceled, wanted ? wanted : std::error_code(errc::canceled));
  }
}

TEST(sync_errgroup, TestTryGo) {
  constexpr int n = 42;
  goro::errgroup group;
  group.set_limit(n);
  const auto ch = goro::make_chan<void>();
  const auto f = [ch] { ch.send(); };
  for (int i = 0; i < n; ++i) {
    EXPECT_TRUE(group.try_go(f));
  }
  EXPECT_FALSE(group.try_go(f));
  goro::go([ch] {
    for (int i = 0; i < n; ++i) {
      ch.recv();
    }
  });
  group.wait();

  EXPECT_TRUE(group.try_go(f));
  EXPECT_TRUE(ch.recv());
  group.wait();

  group.set_limit(1);
  EXPECT_TRUE(group.try_go(f));
  EXPECT_FALSE(group.try_go(f));
  EXPECT_TRUE(ch.recv());
  group.wait();

  group.set_limit(0);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(group.try_go(f));
  }
  group.wait();
  group.set_limit(-1);
  EXPECT_TRUE(group.try_go([] {}));
  group.wait();
}

TEST(sync_errgroup, TestGoLimit) {
  sweep_processors([] {
    constexpr int limit = 10;
    goro::errgroup group;
    group.set_limit(limit);
    std::atomic<int> active{0};
    for (int i = 0; i < 250 * scale; ++i) {
      group.go([&active] {
        if (++active > limit) {
          throw std::runtime_error("more than the limit");
        }
        goro::yield();
        --active;
      });
    }
    EXPECT_NO_THROW(group.wait());
  });
}

TEST(sync_errgroup, SetLimitWhileActivePanics) {
  goro::errgroup group;
  const auto gate = goro::make_chan<void>();
  const auto f = [gate] { gate.recv(); };
  group.go(f);
  EXPECT_TRUE(panics_with("errgroup: modify limit while 1 goroutines in the group are still active",
                          [&] { group.set_limit(3); }));
  group.go(f);
  EXPECT_TRUE(panics_with("errgroup: modify limit while 2 goroutines in the group are still active",
                          [&] { group.set_limit(-1); }));
  gate.close();
  group.wait();
  group.set_limit(3);
}

// The exception itself arrives, and everybody else learns of it by the context.
TEST(sync_errgroup, TheFirstExceptionIsRethrownAndCancelsTheOthers) {
  sweep_processors([] {
    goro::errgroup group;
    std::atomic<int> ended{0};
    for (int i = 0; i < 10; ++i) {
      group.go([&] {
        group.ctx().done().recv();
        ++ended;
        throw std::logic_error("not the first");
      });
    }
    group.go([] { throw std::out_of_range("the first"); });
    EXPECT_THROW(group.wait(), std::out_of_range);
    EXPECT_THROW(group.wait(), std::out_of_range) << "and again";
    EXPECT_EQ(ended, 10);
    expect_ended(group.ctx(), errc::canceled);
  });
}

TEST(sync_errgroup, ASystemErrorIsTheCauseToo) {
  goro::errgroup group;
  group.go([] { throw std::system_error(other, "while fetching"); });
  EXPECT_EQ(result_of(group), other);
  EXPECT_EQ(group.ctx().cause(), other);
}

TEST(sync_errgroup, EndsWithItsParent) {
  const auto [parent, cancel] = goro::with_cancel_cause(goro::background());
  goro::errgroup group(parent);
  group.go([&group]() -> std::error_code {
    EXPECT_FALSE(goro::sleep(group.ctx(), very_long));
    return group.ctx().cause();
  });
  cancel(doomed);
  EXPECT_EQ(result_of(group), doomed);
}

// The destructor cancels, waits, and drops the error.
TEST(sync_errgroup, TheDestructorCancelsAndWaits) {
  sweep_processors([] {
    std::atomic<int> ended{0};
    {
      goro::errgroup group;
      for (int i = 0; i < 5; ++i) {
        group.go([&] {
          EXPECT_FALSE(goro::sleep(group.ctx(), very_long));
          ++ended;
          throw std::runtime_error("dropped");
        });
      }
    }
    EXPECT_EQ(ended, 5);
  });
}

TEST(sync_errgroup, FunctionsMayStartOthersAndCallGoexit) {
  goro::errgroup group;
  std::atomic<int> ended{0};
  group.go([&] {
    for (int i = 0; i < 10; ++i) {
      group.go([&, own = std::make_unique<int>(i)] { ended += *own; });
    }
    goro::goexit();
  });
  EXPECT_NO_THROW(group.wait());
  EXPECT_EQ(ended, 45);
}

// A go() at the limit goes on when a place is free, from whatever kind of thread.
TEST(sync_errgroup, GoBlocksAtTheLimit) {
  sweep_processors([] {
    goro::errgroup group;
    group.set_limit(3);
    std::atomic<int> done{0};
    together(4, [&](int) {
      for (int i = 0; i < 25 * scale; ++i) {
        group.go([&done] { ++done; });
      }
    });
    group.wait();
    EXPECT_EQ(done, 4 * 25 * scale);
  });
}

}  // namespace
