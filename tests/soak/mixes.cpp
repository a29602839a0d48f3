#include "mixes.hpp"

#include <signal.h>

#include <array>
#include <atomic>
#include <chrono>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "goro/chan.hpp"
#include "goro/debug.hpp"
#include "goro/signal.hpp"
#include "goro/wait_group.hpp"

namespace soak {
namespace {

using namespace std::chrono_literals;

constexpr int many = stress::by_build(5'000, 1'000, 300);

long sum_of_leaves(long first, long count) {
  if (count == 1) {
    return first;
  }
  std::array<long, 10> sums{};
  goro::wait_group group;
  const long share = count / 10;
  for (long i = 0; i < 10; ++i) {
    group.go([&sum = sums[static_cast<std::size_t>(i)], first = first + i * share, share] {
      sum = sum_of_leaves(first, share);
    });
  }
  group.wait();
  return std::accumulate(sums.begin(), sums.end(), 0L);
}

void skynet(stress::dice&) {
  constexpr long leaves = stress::by_build(10'000L, 1'000L, 100L);
  stress::expect_equal(sum_of_leaves(0, leaves), leaves * (leaves - 1) / 2, "sum of the leaves");
}

void park_a_lot(stress::dice&) {
  const auto gate = goro::make_chan<void>();
  std::atomic<int> woken{0};
  goro::wait_group group;
  for (int i = 0; i < many; ++i) {
    group.go([&] {
      gate.recv();
      ++woken;
    });
  }
  goro::yield();
  gate.close();
  group.wait();
  stress::expect_equal(woken.load(), many, "goroutines woken by one close");
}

void spawn_storm(stress::dice&) {
  std::atomic<int> ran{0};
  goro::wait_group group;
  for (int i = 0; i < many; ++i) {
    group.go([&ran] { ++ran; });
  }
  group.wait();
  stress::expect_equal(ran.load(), many, "goroutines that ran");
}

// Each goes on on the same thread, whatever it waits for; every second one takes its thread along when it ends.
void pin_a_lot(stress::dice& dice) {
  constexpr int pinned = stress::by_build(16, 8, 4);
  const auto baton = goro::make_chan<int>();
  goro::wait_group group;
  const std::uint64_t odd = dice.below(2);
  for (int i = 0; i < pinned; ++i) {
    group.go([&baton, keeps = static_cast<std::uint64_t>(i) % 2 == odd] {
      goro::lock_os_thread();
      const auto home = std::this_thread::get_id();
      for (int turn = 0; turn < 10; ++turn) {
        baton.send(turn);
        stress::expect(std::this_thread::get_id() == home, "a locked goroutine changed its thread");
      }
      if (keeps) {
        goro::unlock_os_thread();
      }
    });
  }
  for (int i = 0; i < pinned * 10; ++i) {
    baton.recv();
  }
  group.wait();
}

// The world is stopped and looked at while the other workloads run.
[[maybe_unused]] void look_at_stacks(stress::dice&) {
  const std::string text = goro::debug::stacks();
  stress::expect(text.find("goroutine ") == 0, "a trace of the caller");
  stress::expect(!goro::debug::goroutines().empty(), "a list of goroutines");
}

void foreign_threads(stress::dice&) {
  constexpr int n = 200;
  const auto numbers = goro::make_chan<int>(4);
  std::thread producer([numbers] {
    for (int i = 0; i < n; ++i) {
      numbers.send(i);
    }
    numbers.close();
  });
  std::atomic<int> ran{0};
  goro::wait_group started_elsewhere;
  started_elsewhere.add(n);
  std::thread starter([&] {
    for (int i = 0; i < n; ++i) {
      goro::go([&] {
        ++ran;
        started_elsewhere.done();
      });
    }
  });
  int sum = 0;
  for (const int i : numbers) {
    sum += i;
  }
  started_elsewhere.wait();
  goro::blocking([&] {
    producer.join();
    starter.join();
  });
  stress::expect_equal(sum, n * (n - 1) / 2, "sum of what a thread sent");
  stress::expect_equal(ran.load(), n, "goroutines started by a thread");
}

void blocking_calls(stress::dice& dice) {
  goro::wait_group group;
  for (int i = 0; i < 20; ++i) {
    group.go([pause = std::chrono::microseconds(dice.below(2'000))] {
      goro::blocking([pause] { std::this_thread::sleep_for(pause); });
    });
  }
  group.wait();
}

class counted {
 public:
  explicit counted(std::atomic<int>& alive) : alive_(alive) { ++alive_; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  ~counted() { --alive_; }

 private:
  std::atomic<int>& alive_;
};

__attribute__((noinline)) void descend(int depth, std::atomic<int>& alive, int how) {
  char frame[512];
  asm volatile("" : : "r"(frame) : "memory");  // it is there, and is no tail call
  const counted here(alive);
  if (depth > 0) {
    descend(depth - 1, alive, how);
  } else if (how == 0) {
    throw std::runtime_error("from the depth");
  } else if (how == 1) {
    goro::goexit();
  }
}

// Deep stacks that are unwound by exceptions and by goexit.
void unwinding(stress::dice& dice) {
  std::atomic<int> alive{0};
  goro::wait_group group;
  for (int i = 0; i < 50; ++i) {
    group.go([&alive, how = static_cast<int>(dice.below(3)), depth = static_cast<int>(dice.below(40))] {
      try {
        goro::yield();
        descend(depth, alive, how);
      } catch (const std::runtime_error&) {
      }
    });
  }
  group.wait();
  stress::expect_equal(alive.load(), 0, "objects left on unwound stacks");
}

void signals(stress::dice&) {
  const auto c = goro::make_chan<int>(1);
  goro::signal::notify(c, {SIGWINCH});  // ignored when it comes after stop()
  raise(SIGWINCH);
  stress::expect_equal(c.recv().value_or(0), SIGWINCH, "signal received");
  goro::signal::stop(c);
}

constexpr mix all[] = {
    {"skynet", &skynet},
    {"park a lot", &park_a_lot},
    {"spawn storm", &spawn_storm},
    {"pin a lot", &pin_a_lot},
#ifndef GORO_RACE_SELF  // a look is ordered by membarrier, which ThreadSanitizer knows nothing of
    {"stack traces", &look_at_stacks},
#endif
    {"foreign threads", &foreign_threads},
    {"blocking calls", &blocking_calls},
    {"unwinding", &unwinding},
    {"signals", &signals},
};

}  // namespace

std::span<const mix> core_mixes() { return all; }

}  // namespace soak
