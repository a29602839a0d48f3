// What locks tell, told here by threads one after another: none of the notes waits.
#include "sched/lock_watch.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <thread>
#include <vector>

#include "base/futex.hpp"
#include "sched/lock_cycle.hpp"

namespace goro::sched {
namespace {

int reported = 0;

// A thread that does one thing after another, each before do_now() returns.
class stepper {
 public:
  stepper() : thread_([this] { run(); }) {}
  ~stepper() {
    do_now({});
    thread_.join();
  }
  void do_now(std::function<void()> step) {
    step_ = std::move(step);
    word_.store(1, base::memory_order_release);
    base::futex_wake(word_);
    while (word_.load(base::memory_order_acquire) == 1) {
      base::futex_wait(word_, 1);
    }
  }

 private:
  void run() {
    for (bool goes_on = true; goes_on;) {
      while (word_.load(base::memory_order_acquire) == 0) {
        base::futex_wait(word_, 0);
      }
      goes_on = static_cast<bool>(step_);
      if (goes_on) {
        step_();
      }
      word_.store(0, base::memory_order_release);
      base::futex_wake(word_);
    }
  }

  std::function<void()> step_;
  base::futex_word word_{0};
  std::thread thread_;
};

class LockWatch : public testing::Test {
 protected:
  void SetUp() override {
    watch_locks({.capture = [](call_trace&) noexcept {},
                 .deadlock = [](std::span<const deadlock_member>) noexcept { ++reported; }});
    reported = 0;
  }

  static void hold(const int& lock, bool is_new = true) {
    note_lock_held(&lock, lock_mode::exclusive, [is_new] { return is_new; });
  }
  static void wait(const int& lock, bool is_new = false) {
    note_lock_wait(&lock, lock_mode::exclusive, wait_reason::mutex_lock, false, [is_new] { return is_new; });
  }

  int a = 0;
  int b = 0;
  int c = 0;
  stepper one;
  stepper other;
};

TEST_F(LockWatch, TwoThatWaitForEachOther) {
  one.do_now([&] { hold(a); });
  other.do_now([&] { hold(b); });
  one.do_now([&] { wait(b); });
  EXPECT_EQ(reported, 0);
  other.do_now([&] { wait(a); });
  EXPECT_EQ(reported, 1);
}

// The one that holds the new lock has not noted it when another begins to wait.
TEST_F(LockWatch, ANewLockAtTheAddressOfOneThatWasHeld) {
  one.do_now([&] { hold(a); });
  other.do_now([&] { hold(b); });
  one.do_now([&] { wait(b); });
  other.do_now([&] { wait(a, true); });
  EXPECT_EQ(reported, 0);
}

TEST_F(LockWatch, AWaitTakesThePlaceOfTheOneBefore) {
  one.do_now([&] {
    hold(a);
    hold(c);
  });
  other.do_now([&] { hold(b); });
  other.do_now([&] {
    wait(c);
    wait(a);
  });
  one.do_now([&] { note_lock_released(&a); });
  one.do_now([&] { wait(b); });
  EXPECT_EQ(reported, 0);
  other.do_now([&] { wait(c); });
  EXPECT_EQ(reported, 1);
}

TEST(LockCycle, OfManyParties) {
  constexpr std::uint64_t count = 30'000;
  lock_tables tables;
  const auto party_of = [](std::uint64_t i) {
    lock_party who;
    who.id = i + 1;
    return who;
  };
  std::vector<char> places(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    tables.add_hold(party_of(i), &places[i], [] { return true; }, lock_mode::exclusive, {});
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    EXPECT_TRUE(i % 1000 != 1 || find_lock_cycle(tables, i).empty());
    tables.begin_wait(party_of(i), &places[(i + 1) % count], [] { return false; }, {});
  }
  EXPECT_EQ(find_lock_cycle(tables, 1).size(), count);
}

}  // namespace
}  // namespace goro::sched
