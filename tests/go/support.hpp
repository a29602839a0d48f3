// What the behaviour tests share.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "goro/detail/config.hpp"
#include "goro/go.hpp"
#include "goro/time.hpp"
#include "goro/wait_group.hpp"

namespace support {

using namespace std::chrono_literals;

// Sanitizers slow the hammers down by an order of magnitude.
inline constexpr int scale = GORO_WITH_TSAN || GORO_WITH_ASAN ? 1 : 4;

// Runs f with 1, 2, 4 and 64 processors.
template <class F>
void sweep_processors(F f) {
  const int before = goro::gomaxprocs();
  for (const int n : {1, 2, 4, 64}) {
    SCOPED_TRACE("gomaxprocs " + std::to_string(n));
    goro::gomaxprocs(n);
    f();
  }
  goro::gomaxprocs(before);
}

// For the length of a test.
class processors {
 public:
  explicit processors(int n) : before_(goro::gomaxprocs(n)) {}
  processors(const processors&) = delete;
  processors& operator=(const processors&) = delete;
  ~processors() { goro::gomaxprocs(before_); }

 private:
  const int before_;
};

// Runs f as a goroutine and waits for its end.
template <class F>
void in_goroutine(F f) {
  goro::wait_group ended;
  ended.go(std::move(f));
  ended.wait();
}

enum class callers { goroutines, threads, mixed };

// Runs f(0) … f(n - 1) at the same time and returns when all have ended. `mixed`: odd ones on threads of their own.
// The waiting is std's, so that a fault of goro's own types cannot hide itself.
template <class F>
void together(int n, F f, callers who = callers::mixed) {
  std::latch ended(n);
  std::vector<std::thread> threads;
  for (int i = 0; i < n; ++i) {
    const auto body = [&ended, &f, i] {
      f(i);
      ended.count_down();
    };
    if (who == callers::threads || (who == callers::mixed && i % 2 == 1)) {
      threads.emplace_back(body);
    } else {
      goro::go(body);
    }
  }
  ended.wait();
  for (auto& t : threads) {
    t.join();
  }
}

// Waits for a condition that must come true. False after a time that no healthy program needs.
template <class Condition>
bool eventually(Condition condition) {
  const auto give_up = std::chrono::steady_clock::now() + 60s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) {
      return false;
    }
    goro::sleep(20us);
  }
  return true;
}

// f must panic with `text`.
template <class F>
::testing::AssertionResult panics_with(const std::string& text, F f) {
  try {
    f();
  } catch (const goro::panic_error& e) {
    return e.what() == text ? ::testing::AssertionSuccess()
                            : ::testing::AssertionFailure() << "panicked with: " << e.what();
  }
  return ::testing::AssertionFailure() << "did not panic";
}

class fatal : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

}  // namespace support
