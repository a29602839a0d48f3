// goexit ends the goroutine, whatever stands between.
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "cxx_support.hpp"

namespace goro::cxx_test {
namespace {

using Goexit = OnProcessors;

// Runs f in a goroutine; returns when that has ended. f reports what it reached through its argument.
template <class F>
std::vector<int> steps_of(int processors, const F& f) {
  std::vector<int> steps;
  in_goroutines(processors, 1, [&](int) { f(steps); });
  return steps;
}

using steps_type = std::vector<int>;

struct notes {
  steps_type& steps;
  int step;
  ~notes() { steps.push_back(step); }
};

TEST_P(Goexit, RunsDestructorsInnermostFirst) {
  const auto steps = steps_of(GetParam(), [](steps_type& reached) {
    const notes outer{reached, 1};
    [&] {
      const notes inner{reached, 2};
      [&] {
        const notes innermost{reached, 3};
        goexit();
      }();
      reached.push_back(100);
    }();
    reached.push_back(100);
  });
  EXPECT_EQ(steps, (steps_type{3, 2, 1}));
}

TEST_P(Goexit, DestructorsMayPark) {
  struct parks {
    steps_type& steps;
    ~parks() {
      yield_often(10);
      steps.push_back(1);
    }
  };
  const auto steps = steps_of(GetParam(), [](steps_type& reached) {
    const parks p{reached};
    goexit();
  });
  EXPECT_EQ(steps, steps_type{1});
}

TEST_P(Goexit, IsNotStoppedByACatchAllThatSwallows) {
  const auto steps = steps_of(GetParam(), [](steps_type& reached) {
    const notes outer{reached, 3};
    try {
      try {
        const notes inner{reached, 1};
        goexit();
      } catch (...) {
        reached.push_back(2);
      }
      reached.push_back(100);
    } catch (...) {
    }
    reached.push_back(100);
  });
  EXPECT_EQ(steps, (steps_type{1, 2, 3}));
}

TEST_P(Goexit, IsNotStoppedByALoopAroundACatchAll) {
  const auto steps = steps_of(GetParam(), [](steps_type& reached) {
    for (;;) {
      try {
        reached.push_back(static_cast<int>(reached.size()));
        goexit();
      } catch (...) {
        yield_often(3);
      }
    }
  });
  EXPECT_EQ(steps, steps_type{0});
}

TEST_P(Goexit, PassesThroughARethrow) {
  const auto steps = steps_of(GetParam(), [](steps_type& reached) {
    const notes outer{reached, 2};
    try {
      goexit();
    } catch (...) {
      reached.push_back(1);
      throw;
    }
  });
  EXPECT_EQ(steps, (steps_type{1, 2}));
}

TEST_P(Goexit, IsNotCaughtByType) {
  const auto steps = steps_of(GetParam(), [](steps_type& reached) {
    try {
      goexit();
    } catch (const std::exception&) {
      reached.push_back(100);
    } catch (int) {
      reached.push_back(100);
    }
    reached.push_back(100);
  });
  EXPECT_EQ(steps, steps_type{});
}

TEST_P(Goexit, WorksInACatchBlock) {
  const auto steps = steps_of(GetParam(), [](steps_type& reached) {
    const notes outer{reached, 1};
    try {
      throw std::make_shared<int>(7);
    } catch (const std::shared_ptr<int>&) {
      goexit();
    }
    reached.push_back(100);
  });
  EXPECT_EQ(steps, steps_type{1});
}

TEST_P(Goexit, LeavesNoExceptionToTheNextGoroutine) {
  in_goroutines(GetParam(), 300, [](int i) {
    EXPECT_EQ(std::current_exception(), nullptr);
    EXPECT_EQ(std::uncaught_exceptions(), 0);
    yield_often(i % 4);
    try {
      throw i;
    } catch (...) {
      goexit();
    }
  });
}

TEST_P(Goexit, ManyTimesOver) {
  std::atomic<int> ended{0};
  in_goroutines(GetParam(), 1000, [&](int i) {
    defer count{[&] { ++ended; }};
    yield_often(i % 3);
    goexit();
  });
  EXPECT_EQ(ended, 1000);
}

// The caught exceptions of a goroutine that leaves its catch blocks by goexit are freed with it.
TEST_P(Goexit, FreesExceptionsBeingHandled) {
  auto payload = std::make_shared<int>(1);
  in_goroutines(GetParam(), 10, [&](int) {
    try {
      throw payload;
    } catch (...) {
      try {
        throw payload;
      } catch (...) {
        goexit();
      }
    }
  });
  EXPECT_EQ(payload.use_count(), 1);
}

INSTANTIATE_TEST_SUITE_P(Cxx, Goexit, testing::Values(1, 4));

TEST(GoexitMisuse, PanicsOnAThread) {
  EXPECT_THROW(goexit(), panic_error);
  std::thread([] { EXPECT_THROW(goexit(), panic_error); }).join();
}

TEST(GoexitMisuse, PanicsInsideBlocking) {
  run([] { EXPECT_THROW(blocking([] { goexit(); }), panic_error); });
}

}  // namespace
}  // namespace goro::cxx_test
