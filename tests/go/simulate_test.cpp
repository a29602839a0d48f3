// testing::simulate. Go has no counterpart. First what it is for: five classic bugs, each found within 10,000
// schedules, repeated by its seed and shrunk, and the same programs repaired. Then the rules.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <utility>

#include "goro/goro.hpp"
#include "goro/testing.hpp"
#include "support.hpp"

namespace {

using namespace std::chrono_literals;
using goro::testing::require;
using goro::testing::sim_result;
using goro::testing::simulate;
using support::panics_with;
using program = std::function<void()>;

constexpr std::size_t most_schedules = 10'000;
// Fewer with sanitizers, where each takes ten times as long.
constexpr std::size_t schedules_that_pass = support::scale == 1 ? most_schedules / 10 : most_schedules;
const std::vector<std::uint64_t> some_seeds =
    support::scale == 1 ? std::vector<std::uint64_t>{7} : std::vector<std::uint64_t>{1, 2, 7, 12345};

std::string what_failed(const sim_result& r) { return r.report.substr(0, r.report.find('\n')); }
// The part of a report that does not say how it was found.
std::string from_switches_on(const sim_result& r) { return r.report.substr(r.report.find("changes of goroutine")); }
std::size_t switches_needed(const sim_result& r) {
  std::size_t count = 0;
  for (std::size_t at = r.report.find("\n* "); at != std::string::npos; at = r.report.find("\n* ", at + 1)) {
    ++count;
  }
  return count;
}

// From several seeds, on any number of processors; each failure comes again.
void is_found(const program& f, const std::string& failure, std::size_t most_switches) {
  support::sweep_processors([&] {
    for (const std::uint64_t seed : some_seeds) {
      const sim_result found = simulate({.seed = seed, .schedules = most_schedules}, f);
      ASSERT_TRUE(found.failed) << "seed " << seed;
      EXPECT_LE(found.schedules_run, most_schedules);
      EXPECT_EQ(what_failed(found), "goro: simulation failed: " + failure);
      EXPECT_LE(switches_needed(found), most_switches) << found.report;
      const sim_result again = simulate({.seed = found.seed, .schedules = 1}, f);
      EXPECT_EQ(again.seed, found.seed);
      EXPECT_EQ(what_failed(again), what_failed(found));
      EXPECT_EQ(from_switches_on(again), from_switches_on(found));
    }
  });
}

void is_not_found(const program& f) {
  const sim_result all = simulate({.seed = 3, .schedules = schedules_that_pass}, f);
  EXPECT_FALSE(all.failed) << all.report;
  EXPECT_EQ(all.schedules_run, schedules_that_pass);
}

// Runs the functions as goroutines and waits for them.
template <class... F>
void run_beside(F... f) {
  goro::wait_group all;
  (all.go(std::move(f)), ...);
  all.wait();
}

// Lost update ---------------------------------------------------------------------------------------------------------

template <class Add>
void add_twice(Add add) {
  std::atomic<int> x{0};  // for the race detector; what is lost is the update
  run_beside([&] { add(x); }, [&] { add(x); });
  require(x == 2, "no update is lost", "x", 1);
}

TEST(simulate_finds, ALostUpdate) {
  is_found(
      [] {
        add_twice([](std::atomic<int>& x) {
          const int seen = x;
          goro::checkpoint();
          x = seen + 1;
        });
      },
      "x:1: no update is lost", 2);
  is_found(
      [] {
        goro::mutex m;
        add_twice([&m](std::atomic<int>& x) {
          m.lock();
          const int seen = x;
          m.unlock();  // the lock is held for each access, and not for both
          m.lock();
          x = seen + 1;
          m.unlock();
        });
      },
      "x:1: no update is lost", 2);
}

TEST(simulate_passes, AnUpdateUnderAMutex) {
  is_not_found([] {
    goro::mutex m;
    add_twice([&m](std::atomic<int>& x) {
      const std::lock_guard hold(m);
      const int seen = x;
      goro::checkpoint();
      x = seen + 1;
    });
  });
}

// ABA -----------------------------------------------------------------------------------------------------------------

// A stack of numbered nodes whose head is changed by compare-exchange. `Tag`: each change counts a version up.
template <bool Tag>
class lock_free_stack {
 public:
  static constexpr int empty = 3;

  void push(int node) {
    for (;;) {
      std::uint64_t seen = head_;
      goro::checkpoint();
      next_.at(static_cast<std::size_t>(node)) = top_of(seen);
      if (head_.compare_exchange_strong(seen, changed(seen, node))) {
        return;
      }
    }
  }
  int pop() {
    for (;;) {
      std::uint64_t seen = head_;
      if (top_of(seen) == empty) {
        return empty;
      }
      const int next = next_.at(static_cast<std::size_t>(top_of(seen)));
      goro::checkpoint();
      if (head_.compare_exchange_strong(seen, changed(seen, next))) {
        return top_of(seen);
      }
    }
  }
  bool contains(int node) const {
    int at = top_of(head_);
    while (at != empty && at != node) {
      at = next_.at(static_cast<std::size_t>(at));
    }
    return at == node;
  }

 private:
  static int top_of(std::uint64_t head) { return static_cast<int>(head & 3); }
  static std::uint64_t changed(std::uint64_t seen, int top) {
    const std::uint64_t version = Tag ? (seen >> 2) + 1 : 0;
    return version << 2 | static_cast<std::uint64_t>(top);
  }

  std::atomic<std::uint64_t> head_{0};
  std::array<std::atomic<int>, empty> next_{1, 2, empty};
};

template <bool Tag>
void pop_beside_pop_and_push() {
  lock_free_stack<Tag> stack;
  int kept = 0;
  run_beside([&] { stack.pop(); },
             [&] {
               const int first = stack.pop();
               kept = stack.pop();
               if (first != stack.empty) {
                 stack.push(first);
               }
             });
  require(kept == stack.empty || !stack.contains(kept), "what was popped is not in the stack", "aba", 1);
}

TEST(simulate_finds, ABA) {
  is_found(&pop_beside_pop_and_push<false>, "aba:1: what was popped is not in the stack", 2);
}
TEST(simulate_passes, AHeadWithAVersion) { is_not_found(&pop_beside_pop_and_push<true>); }

// Missed signal -------------------------------------------------------------------------------------------------------

TEST(simulate_finds, AMissedSignal) {
  is_found(
      [] {
        goro::mutex m;
        goro::condition_variable changed;
        std::atomic<bool> ready{false};
        run_beside(
            [&] {
              if (!ready) {
                std::unique_lock hold(m);  // too late: it may have become ready since
                changed.wait(hold);
              }
            },
            [&] {
              ready = true;
              changed.notify_one();
            });
      },
      "deadlock: all goroutines are blocked", 2);
}

TEST(simulate_passes, ASignalThatIsLookedForUnderTheMutex) {
  is_not_found([] {
    goro::mutex m;
    goro::condition_variable changed;
    bool ready = false;
    run_beside(
        [&] {
          std::unique_lock hold(m);
          changed.wait(hold, [&] { return ready; });
        },
        [&] {
          {
            const std::lock_guard hold(m);
            ready = true;
          }
          changed.notify_one();
        });
  });
}

// Double-checked initialisation ---------------------------------------------------------------------------------------

struct settings {
  std::atomic<int> value{0};
};

TEST(simulate_finds, ADoubleCheckedInitialisation) {
  is_found(
      [] {
        goro::mutex m;
        settings storage;
        std::atomic<settings*> shared{nullptr};
        const auto use = [&] {
          if (shared == nullptr) {
            const std::lock_guard hold(m);
            if (shared == nullptr) {
              shared = &storage;  // seen by others before it is filled
              goro::checkpoint();
              storage.value = 42;
            }
          }
          require(shared.load()->value == 42, "nobody sees it half made", "init", 1);
        };
        run_beside(use, use);
      },
      "init:1: nobody sees it half made", 2);
}

TEST(simulate_passes, AnInitialisationByOnce) {
  is_not_found([] {
    goro::once only;
    settings storage;
    const auto use = [&] {
      only.call([&] {
        goro::checkpoint();
        storage.value = 42;
      });
      require(storage.value == 42, "nobody sees it half made");
    };
    run_beside(use, use, use);
  });
}

// Dining philosophers -------------------------------------------------------------------------------------------------

template <bool InOrder>
void dine() {
  constexpr std::size_t seats = 5;
  std::array<goro::mutex, seats> forks;
  goro::wait_group all;
  for (std::size_t i = 0; i < seats; ++i) {
    all.go([&forks, i] {
      std::size_t first = i;
      std::size_t second = (i + 1) % seats;
      if (InOrder && second < first) {
        std::swap(first, second);
      }
      const std::lock_guard left(forks.at(first));
      const std::lock_guard right(forks.at(second));
    });
  }
  all.wait();
}

TEST(simulate_finds, DiningPhilosophers) { is_found(&dine<false>, "deadlock: all goroutines are blocked", 5); }
TEST(simulate_passes, PhilosophersWhoTakeTheLowerForkFirst) { is_not_found(&dine<true>); }

// What fails ----------------------------------------------------------------------------------------------------------

TEST(simulate, AnExceptionOfFOrOfAGoroutine) {
  const auto in_f = simulate({}, [] { throw std::runtime_error("broken"); });
  EXPECT_EQ(what_failed(in_f), "goro: simulation failed: exception: std::runtime_error: broken");
  EXPECT_EQ(in_f.schedules_run, 1U);
  const auto in_goroutine = simulate({}, [] {
    goro::go([] { throw 7; });
    goro::sleep(1s);
  });
  EXPECT_EQ(what_failed(in_goroutine), "goro: simulation failed: exception: int");
  EXPECT_EQ(switches_needed(in_goroutine), 0U);
}

TEST(simulate, AFailureThatIsCaught) {
  const auto result = simulate({}, [] {
    try {
      goro::testing::fail("swallowed", "here", 1);
    } catch (const goro::testing::requirement_failed&) {
    }
  });
  EXPECT_EQ(what_failed(result), "goro: simulation failed: here:1: swallowed");
}

TEST(simulate, ALeak) {
  const auto result = simulate({}, [] { goro::go([] { goro::make_chan<int>().recv(); }); });
  EXPECT_EQ(what_failed(result), "goro: simulation failed: leak: the function has ended but blocked goroutines remain");
  EXPECT_NE(result.report.find("goroutine 2 [chan receive] at goro::chan::recv, simulate_test.cpp"), std::string::npos)
      << result.report;
}

TEST(simulate, ALivelock) {
  const auto result = simulate({.max_steps = 500}, [] {
    for (;;) {
      goro::yield();
    }
  });
  EXPECT_EQ(what_failed(result), "goro: simulation failed: livelock: more than 500 steps");
}

TEST(simulate, FailOutsideThrows) {
  EXPECT_THROW(goro::testing::fail("no"), goro::testing::requirement_failed);
  EXPECT_NO_THROW(require(true, "yes"));
}

// What passes ---------------------------------------------------------------------------------------------------------

void passes(const program& f, std::size_t schedules = 300) {
  support::sweep_processors([&] {
    const sim_result result = simulate({.schedules = schedules}, f);
    EXPECT_FALSE(result.failed) << result.report;
    EXPECT_TRUE(result.report.empty());
    EXPECT_EQ(result.schedules_run, schedules);
  });
}

TEST(simulate, NothingAtAll) {
  passes([] {});
}

TEST(simulate, LoopsThatWaitForOthers) {
  passes([] {
    std::atomic<int> turns{0};
    run_beside(
        [&] {
          while (turns < 2) {
            goro::yield();
          }
        },
        [&] {
          while (turns < 1) {
            goro::checkpoint();
          }
          ++turns;
        },
        [&] { ++turns; });
  });
}

TEST(simulate, VirtualTime) {
  passes([] {
    const goro::time_point start = goro::now();
    auto [ctx, cancel] = goro::with_timeout(goro::background(), 1h);
    goro::select(goro::recv_case(ctx.done()));
    require(goro::now() == start + 1h, "the clock jumps");
    goro::mutex m;
    m.lock();
    require(!m.try_lock_for(1h), "nobody unlocks it");
    m.unlock();
  });
}

TEST(simulate, AllKindsOfWaiting) {
  passes([] {
    const auto values = goro::make_chan<int>(2);
    const auto quit = goro::make_chan<void>();
    goro::semaphore room(2);
    goro::shared_mutex table;
    goro::barrier<> meet(2);
    goro::latch left(2);
    goro::once only;
    int sum = 0;
    int calls = 0;
    goro::wait_group all;
    for (int i = 1; i <= 2; ++i) {
      all.go([&, i] {
        room.acquire();
        values.send(i);
        room.release();
        { const std::shared_lock hold(table); }
        { const std::lock_guard hold(table); }
        only.call([&calls] { ++calls; });
        meet.arrive_and_wait();
        left.count_down();
      });
    }
    all.go([&] {
      for (bool over = false; !over;) {
        goro::select(goro::recv_case(values, [&](std::optional<int> v) { sum += *v; }),
                     goro::recv_case(quit, [&] { over = sum == 3; }));
      }
    });
    left.wait();
    quit.close();
    auto result = goro::async([] { return 7; });
    require(result.get() == 7, "a future");
    all.wait();
    require(sum == 3 && calls == 1, "all values, one call");
  });
}

TEST(simulate, GoexitAndBlockingAndNames) {
  passes(
      [] {
        goro::go({.name = "leaves"}, [] { goro::goexit(); });
        goro::go([] { goro::blocking([] {}); });
        goro::sleep(1s);
        goro::goexit();
      },
      100);
}

// How it is repeated --------------------------------------------------------------------------------------------------

// Which of several ready cases, and which waiter, depends on the seed and on nothing else.
std::vector<int> order_of_one_schedule(std::uint64_t seed) {
  std::vector<int> order;
  const auto result = simulate({.seed = seed, .schedules = 1}, [&order] {
    const auto a = goro::make_chan<int>(4);
    const auto b = goro::make_chan<int>(4);
    for (int i = 0; i < 4; ++i) {
      goro::go([=] {
        a.send(i);
        b.send(10 + i);
      });
    }
    const auto note = [&order](std::optional<int> v) { order.push_back(*v); };
    for (int i = 0; i < 8; ++i) {
      goro::select(goro::recv_case(a, note), goro::recv_case(b, note));
    }
  });
  EXPECT_FALSE(result.failed) << result.report;
  return order;
}

TEST(simulate, TheSeedDecidesAll) {
  std::vector<std::vector<int>> seen;
  for (std::uint64_t seed = 1; seed <= 64; ++seed) {
    const std::vector<int> order = order_of_one_schedule(seed);
    support::sweep_processors([&] { EXPECT_EQ(order_of_one_schedule(seed), order) << "seed " << seed; });
    if (std::find(seen.begin(), seen.end(), order) == seen.end()) {
      seen.push_back(order);
    }
  }
  EXPECT_GT(seen.size(), 16U);
}

TEST(simulate, TheEnvironmentRepeatsOneSchedule) {
  const program f = &dine<false>;
  const sim_result found = simulate({.schedules = most_schedules}, f);
  ASSERT_TRUE(found.failed);
  EXPECT_NE(found.report.find("GORO_SEED=" + std::to_string(found.seed)), std::string::npos);
  setenv("GORO_SEED", std::to_string(found.seed).c_str(), 1);
  const sim_result again = simulate({}, f);
  unsetenv("GORO_SEED");
  EXPECT_TRUE(again.failed);
  EXPECT_EQ(again.seed, found.seed);
  EXPECT_EQ(again.schedules_run, 1U);
  EXPECT_EQ(from_switches_on(again), from_switches_on(found));
}

TEST(simulate, AFunctionThatIsNotTheSameEachTimeIsReportedAsSuch) {
  int runs = 0;
  const auto result = simulate({}, [&runs] { require(++runs != 5, "the fifth fails", "here", 1); });
  EXPECT_TRUE(result.failed);
  EXPECT_EQ(result.schedules_run, 5U);
  EXPECT_NE(result.report.find("does not do the same each time (it then passed)"), std::string::npos) << result.report;
}

TEST(simulate, IsRefusedInsideABubble) {
  EXPECT_TRUE(panics_with("testing.simulate called from within a bubble",
                          [] { goro::testing::run_virtual([] { simulate({}, [] {}); }); }));
}

TEST(simulate, ManyAtATimeBesideOtherGoroutines) {
  std::atomic<bool> stop{false};
  goro::wait_group others;
  for (int i = 0; i < 4; ++i) {
    others.go([&stop] {
      while (!stop) {
        goro::yield();
      }
    });
  }
  support::together(4, [](int i) {
    const auto result = simulate({.seed = static_cast<std::uint64_t>(i + 1), .schedules = 200}, &dine<true>);
    EXPECT_FALSE(result.failed) << result.report;
  });
  stop = true;
  others.wait();
}

}  // namespace
