// Exceptions belong to the goroutine that handles them, across parks and changes of thread.
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

#include "cxx_support.hpp"

namespace goro::cxx_test {
namespace {

constexpr int goroutines = 40;
constexpr int rounds = 10;
constexpr int turns = 8;

using Exceptions = OnProcessors;

TEST_P(Exceptions, AreStillThereAfterParkingInACatchBlock) {
  in_goroutines(GetParam(), goroutines, [](int id) {
    for (int round = 0; round < rounds; ++round) {
      try {
        throw id * 1000 + round;
      } catch (const int& thrown) {
        yield_often(turns);
        EXPECT_EQ(thrown, id * 1000 + round);
        EXPECT_NE(std::current_exception(), nullptr);
        EXPECT_EQ(std::uncaught_exceptions(), 0);
      }
      EXPECT_EQ(std::current_exception(), nullptr);
    }
  });
}

TEST_P(Exceptions, NestWithParksBetween) {
  in_goroutines(GetParam(), goroutines, [](int id) {
    const std::string name = std::to_string(id);
    try {
      throw std::runtime_error("outer " + name);
    } catch (const std::exception& outer) {
      yield_often(turns);
      try {
        throw std::logic_error("inner " + name);
      } catch (const std::exception& inner) {
        yield_often(turns);
        EXPECT_EQ(inner.what(), "inner " + name);
        EXPECT_EQ(outer.what(), "outer " + name);
      }
      yield_often(turns);
      EXPECT_EQ(outer.what(), "outer " + name);
      try {
        std::rethrow_exception(std::current_exception());
      } catch (const std::exception& again) {
        EXPECT_EQ(again.what(), "outer " + name);
      }
    }
  });
}

TEST_P(Exceptions, AreRethrownWholeAfterParks) {
  in_goroutines(GetParam(), goroutines, [](int id) {
    bool arrived = false;
    try {
      try {
        throw std::out_of_range(std::to_string(id));
      } catch (const std::exception&) {
        yield_often(turns);
        throw;
      }
    } catch (const std::out_of_range& e) {
      yield_often(turns);
      EXPECT_EQ(e.what(), std::to_string(id));
      arrived = true;
    }
    EXPECT_TRUE(arrived);
  });
}

struct parks_in_destructor {
  int expected;
  ~parks_in_destructor() {
    EXPECT_EQ(std::uncaught_exceptions(), expected);
    yield_often(turns);
    EXPECT_EQ(std::uncaught_exceptions(), expected);
  }
};

// Half of the goroutines park while an exception unwinds them, the other half must not see any of it.
TEST_P(Exceptions, InFlightAreCountedPerGoroutine) {
  in_goroutines(GetParam(), goroutines, [](int id) {
    if (id % 2 == 0) {
      yield_often(turns * 3);
      const parks_in_destructor quiet{0};
    } else {
      try {
        const parks_in_destructor unwound{1};
        throw id;
      } catch (const int& thrown) {
        EXPECT_EQ(thrown, id);
      }
    }
    EXPECT_EQ(std::uncaught_exceptions(), 0);
  });
}

struct throws_and_catches_in_destructor {
  ~throws_and_catches_in_destructor() {
    try {
      yield_often(turns);
      throw std::string("inner");
    } catch (const std::string& text) {
      yield_often(turns);
      EXPECT_EQ(text, "inner");
      EXPECT_EQ(std::uncaught_exceptions(), 1);
    }
  }
};

TEST_P(Exceptions, MayBeThrownAndCaughtWhileAnotherUnwinds) {
  in_goroutines(GetParam(), goroutines, [](int id) {
    try {
      const throws_and_catches_in_destructor guard;
      throw id;
    } catch (const int& thrown) {
      EXPECT_EQ(thrown, id);
    }
  });
}

TEST_P(Exceptions, TravelBetweenGoroutinesAsPointers) {
  gomaxprocs(GetParam());
  std::exception_ptr sent;
  std::atomic<bool> ready{false};
  run([&] {
    go([&] {
      try {
        throw std::runtime_error("from afar");
      } catch (...) {
        yield_often(turns);
        sent = std::current_exception();
      }
      ready = true;
    });
    while (!ready) {
      yield();
    }
    try {
      std::rethrow_exception(sent);
    } catch (const std::runtime_error& e) {
      yield_often(turns);
      EXPECT_STREQ(e.what(), "from afar");
    }
  });
}

TEST_P(Exceptions, AreCaughtBlocksDeep) {
  in_goroutines(GetParam(), goroutines, [](int id) {
    struct descend {
      static void to(int depth, int value) {
        const auto owned = std::make_unique<int>(depth);  // unwinding must free it
        yield();
        if (depth == 0) {
          throw value;
        }
        to(depth - 1, value);
      }
    };
    for (int round = 0; round < rounds; ++round) {
      try {
        descend::to(20, id);
        ADD_FAILURE();
      } catch (int thrown) {
        EXPECT_EQ(thrown, id);
      }
    }
  });
}

// A goroutine that ends inside a catch block's reach leaves nothing behind for the next one on the same stack.
TEST_P(Exceptions, OfOneGoroutineAreNoneOfTheNext) {
  in_goroutines(GetParam(), 500, [](int) {
    EXPECT_EQ(std::current_exception(), nullptr);
    EXPECT_EQ(std::uncaught_exceptions(), 0);
    try {
      throw 1;
    } catch (...) {
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Cxx, Exceptions, testing::Values(1, 2, 4));

}  // namespace
}  // namespace goro::cxx_test
