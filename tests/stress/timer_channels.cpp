// Timers whose end races with stop, reset and receive: no stale value, no lost value, every answer exact.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "goro/chan.hpp"
#include "goro/select.hpp"
#include "goro/wait_group.hpp"
#include "stress.hpp"

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using goro::time_point;

constexpr int racers = stress::by_build(24, 12, 8);
constexpr int turns = stress::by_build(100, 40, 20);

std::chrono::nanoseconds soon(stress::dice& dice) { return std::chrono::nanoseconds(dice.below(30'000)); }

// body(number) in goroutines, and in one thread of its own.
template <class Body>
void race(int number, const Body& body) {
  goro::wait_group group;
  for (int i = 1; i < number; ++i) {
    group.go([&body, i] { body(i); });
  }
  std::thread foreign([&body] { body(0); });
  group.wait();
  goro::blocking([&] { foreign.join(); });
}

bool try_take(const goro::recv_chan<time_point>& channel, time_point& value) {
  return channel.try_recv(value) == goro::chan_status::success;
}

// Each with a timer of its own: after stop nothing is there; after reset only what belongs to it.
void no_stale_value(long round) {
  race(racers, [round](int number) {
    stress::dice dice(static_cast<std::uint64_t>(round * racers + number));
    const goro::timer timer(soon(dice));
    bool started = true;  // and not known to have ended
    for (int turn = 0; turn < turns; ++turn) {
      if (dice.below(2) == 0) {
        goro::sleep(soon(dice));
      }
      time_point value;
      switch (dice.below(4)) {
        case 0:
          stress::expect(timer.stop() == started, "stop() did not tell the truth");
          stress::expect(!try_take(timer.c(), value), "a stale value after stop()");
          started = false;
          break;
        case 1: {
          const auto delay = soon(dice);
          const auto before = clock::now();
          stress::expect(timer.reset(delay) == started, "reset() did not tell the truth");
          started = true;
          if (dice.below(2) == 0) {
            stress::expect(timer.c().recv().value() - before >= delay, "a stale value after reset()");
            started = false;
          }
          break;
        }
        case 2:
          stress::expect(timer.reset(1h) == started, "reset() did not tell the truth");
          stress::expect(!try_take(timer.c(), value), "a stale value after reset()");
          started = true;
          stress::expect(timer.stop(), "a timer of an hour had ended");
          started = false;
          break;
        default:
          if (try_take(timer.c(), value)) {
            stress::expect(started, "a value without a start");
            started = false;
          }
      }
      stress::expect(timer.c().size() == 0 && timer.c().capacity() == 0, "the channel shows its buffer");
    }
    stress::progress();
  });
}

// One timer for all. Every start ends by exactly one of: a value received, a stop or reset that says it prevented it.
void every_start_ends_once(long round) {
  const goro::timer timer(0s);
  std::atomic<long> started{1};
  std::atomic<long> ended{0};
  race(racers, [&](int number) {
    stress::dice dice(static_cast<std::uint64_t>(round * racers + number));
    for (int turn = 0; turn < turns; ++turn) {
      time_point value;
      switch (dice.below(6)) {
        case 0:
          ended += timer.stop() ? 1 : 0;
          break;
        case 1:
        case 2:
          ++started;
          ended += timer.reset(soon(dice)) ? 1 : 0;
          break;
        case 3:
          ended += try_take(timer.c(), value) ? 1 : 0;
          break;
        case 4:
          ended += goro::select(goro::recv_case(timer.c()), goro::recv_case(goro::after(soon(dice)))) == 0 ? 1 : 0;
          break;
        default:
          goro::sleep(soon(dice));
      }
    }
    stress::progress();
  });
  ended += timer.stop() ? 1 : 0;
  stress::expect_equal(ended.load(), started.load(), "starts that ended");
}

// Until `calls` has come to `wanted`, which it must not pass.
void await(const std::atomic<long>& calls, long wanted, const char* what_is_too_much) {
  for (long seen = 0; (seen = calls.load()) != wanted; goro::sleep(50us)) {
    stress::expect(seen < wanted, what_is_too_much);
  }
}

// The same for functions: each start is followed by a call or by a true of stop or reset, and never by both.
void every_call_is_accounted_for(long round) {
  std::atomic<long> started{1};
  std::atomic<long> ended{0};
  std::atomic<long> calls{0};
  {
    const goro::timer timer = goro::after_func(0s, [&calls] { ++calls; });
    race(racers, [&](int number) {
      stress::dice dice(static_cast<std::uint64_t>(round * racers + number));
      for (int turn = 0; turn < turns; ++turn) {
        switch (dice.below(4)) {
          case 0:
            ended += timer.stop() ? 1 : 0;
            break;
          case 1:
            goro::sleep(soon(dice));
            break;
          default:
            ++started;
            ended += timer.reset(soon(dice)) ? 1 : 0;
        }
      }
      stress::progress();
    });
  }
  await(calls, started - ended, "a call that was prevented");
}

// Handles that end while the timer does: what is gone must not ring, nor what rings be gone.
void ends_of_handles(long round) {
  std::atomic<long> calls{0};
  std::atomic<long> wanted{0};
  race(racers, [&](int number) {
    stress::dice dice(static_cast<std::uint64_t>(round * racers + number));
    std::vector<goro::recv_chan<time_point>> kept;
    for (int turn = 0; turn < turns; ++turn) {
      goro::recv_chan<time_point> channel = dice.below(2) == 0 ? goro::after(soon(dice)) : goro::tick(soon(dice) + 1ns);
      if (dice.below(3) == 0) {
        kept.push_back(channel);
      }
      if (dice.below(4) == 0) {
        channel.recv();
      }
      if (kept.size() > 5) {
        kept.erase(kept.begin());
      }
      if (dice.below(2) == 0) {
        goro::ticker ticker(soon(dice) + 1ns);
        if (dice.below(2) == 0) {
          ticker.c().recv();
        }
      }
      ++wanted;
      const goro::timer timer = goro::after_func(soon(dice), [&calls, copy = std::make_unique<int>(turn)] { ++calls; });
      if (dice.below(3) == 0 && timer.stop()) {
        --wanted;
      }
    }
    stress::progress();
  });
  await(calls, wanted, "a function called although it was stopped");
}

// Ticks that come while the ticker is reset and stopped, seen by others.
void tickers(long round) {
  goro::ticker ticker(1us);
  const auto over = goro::make_chan<void>();
  std::atomic<bool> end{false};
  goro::wait_group group;
  for (int i = 0; i < racers; ++i) {
    group.go([&, c = ticker.c()] {
      time_point last{};
      while (!end) {
        goro::select(goro::recv_case(c,
                                     [&](std::optional<time_point> value) {
                                       stress::expect(*value >= last, "ticks out of order");
                                       last = *value;
                                     }),
                     goro::recv_case(over));
      }
    });
  }
  stress::dice dice(static_cast<std::uint64_t>(round));
  for (int turn = 0; turn < turns; ++turn) {
    const auto period = soon(dice) + 1ns;
    const auto before = clock::now();
    ticker.reset(period);
    if (dice.below(2) == 0) {
      time_point value;
      if (try_take(ticker.c(), value)) {
        stress::expect(value - before >= period, "a stale tick after reset()");
      }
    }
    if (dice.below(3) == 0) {
      ticker.stop();
      time_point value;
      stress::expect(!try_take(ticker.c(), value), "a tick after stop()");
    }
    goro::sleep(soon(dice));
  }
  end = true;
  over.close();
  group.wait();
  stress::progress();
}

// Processors come and go under pending timers.
void processors_change(long round) {
  const int before = goro::gomaxprocs();
  stress::dice dice(static_cast<std::uint64_t>(round));
  std::atomic<bool> end{false};
  std::thread changer([&] {
    while (!end) {
      goro::gomaxprocs(1 + static_cast<int>(dice.below(8)));
      std::this_thread::sleep_for(100us);
    }
  });
  race(racers, [&](int number) {
    stress::dice own(static_cast<std::uint64_t>(round * racers + number));
    for (int turn = 0; turn < turns; ++turn) {
      const auto start = clock::now();
      const auto delay = soon(own);
      stress::expect(goro::after(delay).recv().value() - start >= delay, "a timer was early");
    }
    stress::progress();
  });
  end = true;
  goro::blocking([&] { changer.join(); });
  goro::gomaxprocs(before);
}

}  // namespace

int main(int argc, char** argv) {
  return stress::play(argc, argv, "timer_channels", 5, [](long round) {
    no_stale_value(round);
    every_start_ends_once(round);
    every_call_is_accounted_for(round);
    ends_of_handles(round);
    tickers(round);
    processors_change(round);
  });
}
