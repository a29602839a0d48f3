// Contexts that end from all sides: functions, deadlines, parents and stop tokens, while children are made, functions
// registered and taken back, and locks and units handed over at that moment. Nothing is lost, done twice or left
// behind.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

#include "goro/chan.hpp"
#include "goro/context.hpp"
#include "goro/errgroup.hpp"
#include "goro/mutex.hpp"
#include "goro/select.hpp"
#include "goro/semaphore.hpp"
#include "goro/wait_group.hpp"
#include "stress.hpp"

namespace {

using namespace std::chrono_literals;

constexpr int racers = stress::by_build(24, 12, 8);
constexpr int turns = stress::by_build(40, 20, 10);

stress::dice dice_for(long round, int number) {
  return stress::dice(static_cast<std::uint64_t>(round * 1000 + number) + 1);
}

// What err(), done() and cause() say must agree, whenever somebody looks.
void check_consistent(const goro::context& ctx) {
  const bool closed_before = ctx.done() && ctx.done().try_recv() == goro::chan_status::closed;
  const std::error_code err = ctx.err();
  stress::expect(!closed_before || err, "done is closed, err is not set");
  if (err) {
    stress::expect(ctx.done().try_recv() == goro::chan_status::closed, "err is set, done is not closed");
    stress::expect(static_cast<bool>(ctx.cause()), "ended without a cause");
    stress::expect(ctx.err() == err, "err has changed");
  }
}

void wait_until_done(const goro::context& ctx) {
  ctx.done().recv();
  check_consistent(ctx);
  stress::expect(static_cast<bool>(ctx.err()), "done without err");
  stress::progress();
}

// A tree that grows at all ends while its root, its branches and its timers end it.
void growing_tree(long round) {
  const auto root = goro::with_cancel_cause(goro::background());
  std::stop_source source;
  const goro::context stoppable = goro::with_stop_token(root.ctx, source.get_token());
  goro::wait_group group;
  for (int i = 0; i < racers; ++i) {
    group.go([&, i] {
      auto dice = dice_for(round, i);
      goro::context ctx = i % 2 == 0 ? root.ctx : stoppable;
      std::vector<goro::cancel_func> keep;
      for (int turn = 0; turn < turns; ++turn) {
        auto child = dice.below(2) == 0 ? goro::with_cancel(ctx)
                                        : goro::with_timeout(ctx, std::chrono::microseconds(dice.below(400)));
        check_consistent(child.ctx);
        if (dice.below(3) == 0) {
          ctx = child.ctx;  // deeper
          keep.push_back(child.cancel);
        } else if (dice.below(2) == 0) {
          child.cancel();
          stress::expect(static_cast<bool>(child.ctx.err()), "cancel has returned, the context has not ended");
        }
        if (dice.below(8) == 0) {
          goro::yield();
        }
      }
      wait_until_done(ctx);
    });
  }
  std::thread foreign([&] { source.request_stop(); });
  goro::sleep(std::chrono::microseconds(dice_for(round, -1).below(300)));
  root.cancel(std::make_error_code(std::errc::interrupted));
  group.wait();
  goro::blocking([&] { foreign.join(); });
  stress::expect(goro::with_cancel(stoppable).ctx.err() == goro::errc::canceled, "a child of an ended context lives");
}

// Each function runs once or is taken back, whoever ends the context.
void after_functions(long round) {
  std::atomic<long> ran{0};
  std::atomic<long> taken_back{0};
  std::atomic<long> registered{0};
  goro::wait_group group;
  for (int i = 0; i < racers; ++i) {
    group.go([&, i] {
      auto dice = dice_for(round, i);
      for (int turn = 0; turn < turns; ++turn) {
        const auto made = goro::with_timeout(goro::background(), std::chrono::microseconds(dice.below(60)));
        const auto stop = goro::after_func(made.ctx, [&ran] { ++ran; });
        ++registered;
        goro::go([cancel = made.cancel] { cancel(); });
        if (dice.below(2) == 0) {
          goro::yield();
        }
        if (stop()) {
          ++taken_back;
        }
        stress::expect(!stop(), "a function was taken back twice");
        stress::progress();
      }
    });
  }
  group.wait();
  while (ran + taken_back != registered) {
    goro::yield();
  }
}

// A lock that is handed over at the moment in which its next owner gives up stays with somebody or is free.
void locks_handed_over(long round) {
  goro::mutex m;
  long counter = 0;
  std::atomic<long> got{0};
  const auto race = [&, round](int number) {
    auto dice = dice_for(round, number);
    for (int turn = 0; turn < turns; ++turn) {
      const auto made = goro::with_cancel(goro::background());
      if (number % 4 == 0) {
        m.lock();
      } else {
        const auto timed = goro::with_timeout(made.ctx, std::chrono::microseconds(dice.below(200)));
        goro::go([cancel = made.cancel, wait = dice.below(3)] {
          for (std::uint64_t i = 0; i < wait; ++i) {
            goro::yield();
          }
          cancel();
        });
        if (!m.lock(timed.ctx)) {
          stress::expect(static_cast<bool>(timed.ctx.err()), "refused by a live context");
          continue;
        }
      }
      ++counter;
      ++got;
      if (dice.below(6) == 0) {
        goro::sleep(std::chrono::microseconds(dice.below(30)));
      }
      if (dice.below(200) == 0) {
        goro::sleep(2ms);  // longer than the starvation limit: unlocks hand over for a while
      }
      m.unlock();
      stress::progress();
    }
  };
  goro::wait_group group;
  for (int i = 0; i < racers; ++i) {
    group.go([&race, i] { race(i); });
  }
  std::thread foreign(race, racers + 1);
  group.wait();
  goro::blocking([&] { foreign.join(); });
  stress::expect_equal(counter, got.load(), "count behind the mutex");
  stress::expect(m.try_lock(), "the mutex was left locked");
  m.unlock();
}

// The same of units: all are there at the end.
void units_handed_over(long round) {
  constexpr int units = 6;
  goro::semaphore s(units);
  std::atomic<long> used{0};
  const auto race = [&, round](int number) {
    auto dice = dice_for(round, number);
    for (int turn = 0; turn < turns; ++turn) {
      const auto n = static_cast<std::ptrdiff_t>(1 + dice.below(units + 1));  // sometimes more than there are
      const auto made = goro::with_timeout(goro::background(), std::chrono::microseconds(dice.below(150)));
      if (dice.below(2) == 0) {
        goro::go([cancel = made.cancel] { cancel(); });
      }
      if (!s.acquire(made.ctx, n)) {
        stress::expect(static_cast<bool>(made.ctx.err()), "refused by a live context");
        continue;
      }
      stress::expect((used += n) <= units, "more units than there are");
      if (dice.below(4) == 0) {
        goro::yield();
      }
      used -= n;
      s.release(n);
      stress::progress();
    }
  };
  goro::wait_group group;
  for (int i = 0; i < racers; ++i) {
    group.go([&race, i] { race(i); });
  }
  std::thread foreign(race, racers + 1);
  group.wait();
  goro::blocking([&] { foreign.join(); });
  stress::expect(s.try_acquire(units), "a unit was lost");
}

// One end for waits of every kind: all come back.
void one_end_for_all(long round) {
  const auto made = goro::with_timeout(goro::background(), std::chrono::microseconds(dice_for(round, 0).below(100)));
  goro::mutex m;
  m.lock();
  goro::semaphore s(0);
  goro::errgroup group(made.ctx);
  for (int i = 0; i < racers; ++i) {
    group.go([&, i] {
      const goro::context& ctx = group.ctx();
      bool got = false;
      switch (i % 4) {
        case 0:
          got = m.lock(ctx);
          break;
        case 1:
          got = s.acquire(ctx);
          break;
        case 2:
          got = goro::sleep(ctx, 1h);
          break;
        default:
          got = goro::select(goro::recv_case(ctx.done()), goro::recv_case(goro::recv_chan<int>())) != 0;
      }
      stress::expect(!got, "what nobody gives was got");
      stress::progress();
    });
  }
  if (round % 2 == 0) {
    made.cancel();
  }
  group.wait();
  m.unlock();
}

}  // namespace

int main(int argc, char** argv) {
  return stress::play(argc, argv, "context_cancel", 10, [](long round) {
    growing_tree(round);
    after_functions(round);
    locks_handed_over(round);
    units_handed_over(round);
    one_end_for_all(round);
  });
}
