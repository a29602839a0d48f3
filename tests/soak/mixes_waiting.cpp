#include <atomic>
#include <chrono>
#include <mutex>
#include <vector>

#include "goro/chan.hpp"
#include "goro/condition_variable.hpp"
#include "goro/context.hpp"
#include "goro/mutex.hpp"
#include "goro/select.hpp"
#include "goro/semaphore.hpp"
#include "goro/time.hpp"
#include "goro/wait_group.hpp"
#include "mixes.hpp"

namespace soak {
namespace {

using std::chrono::microseconds;

constexpr int crowd = stress::by_build(40, 20, 10);
constexpr int turns = stress::by_build(50, 20, 10);

microseconds short_time(stress::dice& dice) { return microseconds(dice.below(300)); }

// A unit goes round while all who want it give up after about the time it takes: none is lost, none doubled.
void timed_waits(stress::dice& dice) {
  goro::semaphore units(3);
  std::atomic<int> taken{0};
  goro::mutex m;
  goro::condition_variable changed;
  goro::wait_group group;
  for (int i = 0; i < crowd; ++i) {
    group.go([&, mine = stress::dice(dice.below(1U << 30) + 1)]() mutable {
      for (int turn = 0; turn < turns; ++turn) {
        if (units.try_acquire_for(short_time(mine))) {
          stress::expect(++taken <= 3, "more units than there are");
          goro::yield();
          --taken;
          units.release();
        }
        std::unique_lock lock(m);
        if (mine.below(2) == 0) {
          changed.notify_one();
        } else {
          changed.wait_for(lock, short_time(mine));
        }
      }
    });
  }
  group.wait();
  stress::expect(units.try_acquire(3), "a unit was lost");
}

// A channel is closed while others receive: what was sent arrives once.
void close_races(stress::dice& dice) {
  for (int turn = 0; turn < turns; ++turn) {
    const auto c = goro::make_chan<int>(dice.below(3));
    std::atomic<int> got{0};
    goro::wait_group receivers;
    for (int i = 0; i < 4; ++i) {
      receivers.go([&] {
        while (c.recv()) {
          ++got;
        }
      });
    }
    goro::wait_group senders;
    for (int i = 0; i < 4; ++i) {
      senders.go([&] {
        for (int k = 0; k < 5; ++k) {
          c.send(k);
        }
      });
    }
    senders.wait();
    c.close();
    receivers.wait();
    stress::expect_equal(got.load(), 20, "values received");
  }
}

// Everybody sends and receives on two channels, whichever can: as many values come out as go in.
void select_storm(stress::dice& dice) {
  const auto a = goro::make_chan<int>();
  const auto b = goro::make_chan<int>(1);
  std::atomic<long> sent{0};
  std::atomic<long> received{0};
  goro::wait_group group;
  for (int i = 0; i < crowd; ++i) {
    group.go([&, mine = stress::dice(dice.below(1U << 30) + 1)]() mutable {
      for (int turn = 0; turn < turns; ++turn) {
        const auto limit = goro::after(short_time(mine));
        const auto count = [&received] { ++received; };
        goro::select(goro::send_case(a, 1, [&sent] { ++sent; }), goro::recv_case(a, count),
                     goro::send_case(b, 1, [&sent] { ++sent; }), goro::recv_case(b, count), goro::recv_case(limit));
      }
    });
  }
  group.wait();
  int left = 0;
  if (b.try_recv(left) == goro::chan_status::success) {
    ++received;
  }
  stress::expect_equal(received.load(), sent.load(), "values received");
}

// A tree of contexts that end by hand, by time and from above.
void cancel_storm(stress::dice& dice) {
  const auto root = goro::with_cancel(goro::background());
  std::atomic<int> ended{0};
  goro::wait_group group;
  for (int i = 0; i < crowd; ++i) {
    group.go([&root, &ended, mine = stress::dice(dice.below(1U << 30) + 1)]() mutable {
      const auto by_time = goro::with_timeout(root.ctx, short_time(mine));
      const auto by_hand = goro::with_cancel(by_time.ctx);
      if (mine.below(3) == 0) {
        by_hand.cancel();
      }
      by_hand.ctx.done().recv();
      stress::expect(static_cast<bool>(by_hand.ctx.err()), "a context that is done has an error");
      by_hand.cancel();
      by_time.cancel();
      ++ended;
    });
  }
  if (dice.below(2) == 0) {
    goro::sleep(short_time(dice));
    root.cancel();
  }
  group.wait();
  root.cancel();
  stress::expect_equal(ended.load(), crowd, "contexts that ended");
}

void timers(stress::dice& dice) {
  std::atomic<int> fired{0};
  int stopped = 0;
  std::vector<goro::timer> made;
  for (int i = 0; i < crowd; ++i) {
    made.push_back(goro::after_func(short_time(dice), [&fired] { ++fired; }));
  }
  for (int i = 0; i < crowd; i += 2) {
    stopped += made[static_cast<std::size_t>(i)].stop() ? 1 : 0;
  }
  while (fired + stopped < crowd) {
    goro::sleep(microseconds(50));
  }
  stress::expect_equal(fired + stopped, crowd, "timers that fired or were stopped");
}

constexpr mix all[] = {
    {"timed waits", &timed_waits},   {"close races", &close_races}, {"select storm", &select_storm},
    {"cancel storm", &cancel_storm}, {"timers", &timers},
};

}  // namespace

std::span<const mix> waiting_mixes() { return all; }

}  // namespace soak
