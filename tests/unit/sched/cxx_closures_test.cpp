// What go() does with the function and the arguments it is given.
#include <array>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "cxx_support.hpp"

namespace goro::cxx_test {
namespace {

// In the main goroutine: until all others have ended.
void wait_until_alone() {
  while (num_goroutine() > 1) {
    yield();
  }
}

// Runs `start` and waits until every goroutine it started has ended.
template <class F>
void run_to_the_end(const F& start) {
  run([&] {
    wait_until_alone();  // goroutines of an earlier test may still be about to end
    start();
    wait_until_alone();
  });
}

std::atomic<int> alive{0};
std::atomic<int> destroyed{0};

// Counts the objects that own their value, that is, are not moved from.
class counted {
 public:
  explicit counted(bool throws_when_copied = false) : throws_(throws_when_copied) { ++alive; }
  counted(const counted& other) : throws_(other.throws_) {
    if (throws_) {
      throw std::runtime_error("copy");
    }
    ++alive;
  }
  counted(counted&& other) noexcept : throws_(other.throws_), owns_(std::exchange(other.owns_, false)) {}
  counted& operator=(const counted&) = delete;
  ~counted() {
    if (owns_) {
      --alive;
      ++destroyed;
    }
  }

 private:
  bool throws_;
  bool owns_ = true;
};

class Closures : public testing::Test {
 protected:
  void SetUp() override {
    alive = 0;
    destroyed = 0;
  }
};

TEST_F(Closures, MayBeMoveOnlyWithMoveOnlyArguments) {
  int seen = 0;
  run_to_the_end([&] {
    auto captured = std::make_unique<int>(3);
    go([&seen, captured = std::move(captured)](std::unique_ptr<int> given) { seen = *captured * 10 + *given; },
       std::make_unique<int>(4));
  });
  EXPECT_EQ(seen, 34);
}

TEST_F(Closures, GetCopiesMadeBeforeGoReturns) {
  std::string seen;
  run_to_the_end([&] {
    std::string text = "before";
    go([&seen](const std::string& given) { seen = given; }, text);
    text = "after";
  });
  EXPECT_EQ(seen, "before");
}

TEST_F(Closures, GetReferencesOnlyOnDemand) {
  int counter = 0;
  run_to_the_end([&] { go([](int& n) { n = 7; }, std::ref(counter)); });
  EXPECT_EQ(counter, 7);
}

TEST_F(Closures, DecayArraysAndFunctions) {
  static std::string seen;
  struct functions {
    static void take(const char* text) { seen = text; }
  };
  run_to_the_end([] { go(functions::take, "literal"); });
  EXPECT_EQ(seen, "literal");
}

TEST_F(Closures, MayBeMemberFunctions) {
  struct account {
    int balance = 0;
    void deposit(int amount) { balance += amount; }
  } shared;
  run_to_the_end([&] { go(&account::deposit, &shared, 5); });
  EXPECT_EQ(shared.balance, 5);
}

TEST_F(Closures, AreDestroyedOnceWhenTheFunctionReturns) {
  run_to_the_end([] { go([c = counted{}](const counted&) {}, counted{}); });
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(destroyed, 2);
}

TEST_F(Closures, AreDestroyedOnceByGoexit) {
  run_to_the_end([] { go([c = counted{}](const counted&) { goexit(); }, counted{}); });
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(destroyed, 2);
}

TEST_F(Closures, AreDestroyedBeforeTheGoroutineCountsAsEnded) {
  run([] {
    wait_until_alone();
    go([c = counted{}] { yield(); });
    wait_until_alone();
    EXPECT_EQ(alive, 0);
  });
}

TEST_F(Closures, ThatThrowWhenCopiedThrowInTheCallerAndStartNothing) {
  run([] {
    wait_until_alone();
    bool ran = false;
    const auto f = [c = counted{true}, &ran] { ran = true; };
    EXPECT_THROW(go(f), std::runtime_error);
    EXPECT_EQ(num_goroutine(), 1u);
    yield_often(10);
    EXPECT_FALSE(ran);
  });
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(destroyed, 1);  // the original
}

TEST_F(Closures, WithArgumentsThatThrowWhenCopiedAreDestroyedToo) {
  run([] {
    const counted bad{true};
    EXPECT_THROW(go([c = counted{}](const counted&) {}, bad), std::runtime_error);
  });
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(destroyed, 2);
}

TEST_F(Closures, MayBeLarge) {
  std::array<int, 50'000> large{};
  large.back() = 9;
  int seen = 0;
  run_to_the_end([&] { go([large, &seen] { seen = large.back(); }); });
  EXPECT_EQ(seen, 9);
}

TEST_F(Closures, MayAskForAlignment) {
  struct alignas(256) aligned {
    int value = 6;
  };
  std::atomic<int> wrong{0};
  run_to_the_end([&] {
    for (int i = 0; i < 50; ++i) {
      go([a = aligned{}, &wrong] {
        if (reinterpret_cast<std::uintptr_t>(&a) % 256 != 0 || a.value != 6) {
          ++wrong;
        }
      });
    }
  });
  EXPECT_EQ(wrong, 0);
}

TEST_F(Closures, OfThreadsAreDestroyedToo) {
  std::thread([] { run_to_the_end([] { go([c = counted{}] {}); }); }).join();
  std::thread([] { go([c = counted{}] {}); }).join();
  while (alive != 0) {
    std::this_thread::yield();
  }
  EXPECT_EQ(destroyed, 2);
}

TEST_F(Closures, MayStartGoroutinesWhenDestroyed) {
  static std::atomic<bool> ran{false};
  ran = false;
  struct starts_another {
    bool armed = true;
    starts_another() = default;
    starts_another(starts_another&& other) noexcept : armed(std::exchange(other.armed, false)) {}
    ~starts_another() {
      if (armed) {
        go([] { ran = true; });
      }
    }
  };
  run([] {
    go([s = starts_another{}] {});
    while (!ran) {
      yield();
    }
  });
}

}  // namespace
}  // namespace goro::cxx_test
