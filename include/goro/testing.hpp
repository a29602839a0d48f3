// Help for testing programs that use goroutines.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace goro::testing {

// Fails when goroutines that were started during its life still live at its end.
//
//   TEST(server, stops) {
//     goro::testing::leak_check no_leaks;
//     …
//   }
//
// The destructor waits, up to `grace`, until all have ended that were not there at the construction, whoever started
// them; it does not wait for those that can never go on (debug::leaks()). For the rest it calls `fail` with a report
// that names each one, what it waits for, where it was started, and its calls. Without `fail` the process ends: the
// report, `fatal error: goroutines leaked`, status 2. `fail` may throw only when the destructor does not run for
// another exception. Blocks the goroutine or the thread. Go has no counterpart in its library; its own tests do the
// same by hand (net/http/main_test.go).
class leak_check {
 public:
  using failure = std::function<void(std::string_view report)>;

  leak_check() : leak_check(failure{}) {}
  explicit leak_check(failure fail, std::chrono::nanoseconds grace = std::chrono::seconds(5));
  leak_check(const leak_check&) = delete;
  leak_check& operator=(const leak_check&) = delete;
  ~leak_check() noexcept(false);

 private:
  std::vector<std::uint64_t> new_ones() const;  // sorted

  failure fail_;
  std::chrono::nanoseconds grace_;
  std::vector<std::uint64_t> there_before_;  // sorted
};

// Runs f by a virtual clock, and returns when all goroutines have ended that were started in it: f and they form a
// *bubble*.
//
//   goro::testing::run_virtual([] {
//     auto [ctx, cancel] = goro::with_timeout(goro::background(), 5s);
//     goro::sleep(5s);                        // takes no time
//     goro::testing::wait_idle();             // what became due at that moment has happened
//     EXPECT_EQ(ctx.err(), goro::errc::deadline_exceeded);
//   });
//
// Time. The clock of the bubble (goro::now(), sleeps, timers, tickers, deadlines of contexts and of waits) begins at a
// fixed point, midnight UTC 2000-01-01 counted from the epoch of the clock, and stands still while anybody in the
// bubble can run. When all are blocked it jumps to the next timer. The standard clocks are not part of it, so code
// under test asks goro::now(). When f has returned the clock stands still for good.
//
// Blocked is who waits for another goroutine in any way that goro knows, a mutex included: for these nothing happens
// but by others of the bubble. Who waits for the network, at a channel that was made outside, or inside blocking() is
// not: the bubble waits for him in real time. Goroutines and threads outside are not counted on for anything else, so
// they should not use what the bubble waits for; nor should timers made inside be used outside, or the other way round.
//
// Goroutines of a bubble run one at a time, until they wait or yield, and go on in the order in which they can, so a
// test does the same each time, on a busy machine too. Only who neither waits nor yields for a second or longer, and
// calls goro meanwhile, may have to let others run: a loop that waits for what another one does. (One that calls nothing
// of goro waits for ever.) The number of processors does not matter. For other orders see simulate.
//
// What f throws is rethrown at the end; an exception that leaves another goroutine ends the program, as always. Panics
// when nobody in the bubble can ever go on: `deadlock: all goroutines in bubble are blocked`, or, when f has ended,
// `deadlock: main bubble goroutine has exited but blocked goroutines remain`; those goroutines stay where they are for
// ever, and what is on their stacks is not destroyed. Panics inside a bubble:
// `testing.run_virtual called from within a bubble`.
//
// Blocks the caller, a goroutine or a thread. All that happens in the bubble happens before the return. Go:
// testing/synctest.Test.
void run_virtual(const std::function<void()>& f);

// Blocks until all other goroutines of the caller's bubble are blocked. The clock does not go on for that: timers that
// are due later stay so. What they did before happens before the return. Panics `goroutine is not in a bubble`, and
// `wait already in progress` when another one waits so. Go: testing/synctest.Wait.
void wait_idle();

struct sim_options {
  // Of the first schedule; the others follow from it. 0: that of the environment variable GORO_SEED, which is then the
  // only schedule; without it a random one.
  std::uint64_t seed = 0;
  std::size_t schedules = 1000;
  // A schedule with more steps has failed: its goroutines do not get anywhere.
  std::size_t max_steps = 100'000;
};

struct sim_result {
  bool failed = false;
  std::uint64_t seed = 0;         // of the schedule that failed, else of the first one
  std::size_t schedules_run = 0;  // without those that were run to shrink a failure
  std::string report;  // of the failure: what, its seed, the changes of goroutine that it takes, and where all stood
};

// Runs f again and again, each time by another schedule, until one fails or all have been run. f and the goroutines
// that are started in it form a bubble as in run_virtual, with its virtual clock, and run one at a time. Which one that
// is, is decided anew at each *step*: before each call of goro that sends, receives, selects, closes, locks, adds to or
// waits for a wait_group, starts a goroutine, yields or asks whether to (goro::checkpoint), after each unlock, and when
// a goroutine waits or ends.
//
//   const auto result = goro::testing::simulate({.schedules = 10'000}, [] {
//     account a(100);
//     goro::wait_group both;
//     both.go([&] { a.withdraw(70); });
//     both.go([&] { a.withdraw(70); });
//     both.wait();
//     goro::testing::require(a.balance() >= 0, "the balance is never negative");
//   });
//   EXPECT_FALSE(result.failed) << result.report;
//
// Code that changes shared memory without calling goro between (plain or std::atomic) is one step. Where that matters,
// call goro::checkpoint() between the accesses: in other programs it costs a load.
//
// A schedule fails by an exception that leaves f or a goroutine, fail() or a require() that is not met, a deadlock,
// goroutines that are still blocked when f has ended (both as in run_virtual), more than max_steps. Then its changes of
// goroutine are dropped as far as it still fails in the same way, and the rest is reported. With GORO_SEED set to the
// seed of the report the same schedule is run again.
//
// The schedules: first that of `seed`, then by turns random walks; random priorities that change at one to three points
// (PCT: finds bugs that need few changes at the right places); one goroutine held back for long; and, one after
// another, all that differ at one place from running each goroutine until it waits, at two, at three, as far as
// `schedules` goes. Nothing of this depends on the number of processors. What a select chooses, when several cases are
// ready, follows from the seed, too.
//
// To be repeatable f must do the same each time but for the order: no real time, no std::thread, no network, and no
// state that it leaves from one run to the next. Goroutines of a schedule that failed stay where they are for ever,
// some hundred times while a failure is being shrunk; what is on their stacks is not destroyed.
//
// Blocks the caller, a goroutine or a thread. Panics inside a bubble: `testing.simulate called from within a bubble`.
// Go has no counterpart; testing/synctest runs one schedule.
sim_result simulate(const sim_options& options, const std::function<void()>& f);

// What fail() and require() throw.
class requirement_failed : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

// Says that a test has failed, and where. In a simulation the schedule has failed, whatever becomes of the exception.
[[noreturn]] void fail(std::string_view what, const char* file = __builtin_FILE(), int line = __builtin_LINE());
inline void require(bool condition, std::string_view what, const char* file = __builtin_FILE(),
                    int line = __builtin_LINE()) {
  if (!condition) {
    fail(what, file, line);
  }
}

}  // namespace goro::testing
