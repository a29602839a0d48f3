// Signals that are sent from all sides while channels and contexts come and go. Each signal is received or treated as
// before, none is lost, none comes after stop(), and at the end everything is as it was.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <initializer_list>
#include <thread>
#include <vector>

#include "goro/chan.hpp"
#include "goro/context.hpp"
#include "goro/signal.hpp"
#include "goro/wait_group.hpp"
#include "stress.hpp"

namespace {

constexpr int turns = stress::by_build(60, 30, 20);

std::atomic<int> handled{0};  // SIGUSR1 alone: of the others some may still be on their way when a storm is over

// The program's own handler, which is there before and after.
void handle(int signal) {
  if (signal == SIGUSR1) {
    handled.fetch_add(1, std::memory_order_relaxed);
  }
}

void install(std::initializer_list<int> signals) {
  struct sigaction mine;
  std::memset(&mine, 0, sizeof(mine));
  mine.sa_handler = &handle;
  for (const int signal : signals) {
    sigaction(signal, &mine, nullptr);
  }
}

void expect_installed(std::initializer_list<int> signals) {
  for (const int signal : signals) {
    struct sigaction now;
    sigaction(signal, nullptr, &now);
    stress::expect(now.sa_handler == &handle, "the former handler has not come back");
  }
}

void send(int signal, int how) {
  if (how % 2 == 0) {
    raise(signal);
  } else {
    kill(getpid(), signal);
  }
}

// Sends a signal and waits for it, again and again: one that is lost is missed at once.
void send_and_wait(int signal) {
  const auto c = goro::make_chan<int>(1);
  goro::signal::notify(c, {signal});
  for (int turn = 0; turn < turns; ++turn) {
    send(signal, turn);
    stress::expect_equal(c.recv().value_or(0), signal, "signal received");
    stress::progress();
  }
  goro::signal::stop(c);
}

// Registers for all kinds of signals, what others wait for among them, and sees to it that stop() means stop.
void come_and_go(stress::dice dice) {
  for (int turn = 0; turn < turns; ++turn) {
    const int first = dice.below(2) == 0 ? SIGUSR1 : SIGRTMIN;
    const auto c = goro::make_chan<int>(2);
    goro::signal::notify(c, {first, SIGWINCH});
    if (dice.below(2) == 0) {
      send(SIGWINCH, turn);
    }
    if (dice.below(4) == 0) {
      goro::signal::notify(c, {SIGUSR2});
    }
    goro::yield();
    goro::signal::stop(c);
    int got = 0;
    while (c.try_recv(got) == goro::chan_status::success) {
      stress::expect(got == first || got == SIGWINCH || got == SIGUSR2, "a signal that nobody asked for");
    }
    goro::yield();
    stress::expect(c.size() == 0, "a signal after stop()");
    stress::progress();
  }
}

// Contexts that end by a signal, by hand and by destruction, at the same moment.
void end_contexts(stress::dice dice) {
  for (int turn = 0; turn < turns; ++turn) {
    auto made = goro::signal::notify_context(goro::background(), {SIGURG});
    send(SIGURG, turn);
    if (dice.below(2) == 0) {
      made.ctx.done().recv();
      stress::expect(made.ctx.cause() == std::error_code(SIGURG, goro::signal::error_category()), "cause");
    }
    if (dice.below(2) == 0) {
      made.cancel();
    }
    stress::progress();
  }
}

void take_back(stress::dice dice) {
  for (int turn = 0; turn < turns; ++turn) {
    const auto c = goro::make_chan<int>(1);
    goro::signal::notify(c, {SIGIO});
    send(SIGIO, turn);
    if (dice.below(2) == 0) {
      goro::signal::ignore({SIGIO});
      stress::expect(goro::signal::ignored(SIGIO), "ignore()");
    }
    goro::signal::reset({SIGIO});
    stress::expect(!goro::signal::ignored(SIGIO), "reset()");
    stress::progress();
  }
}

void storm(long round) {
  const std::initializer_list<int> all{SIGUSR1, SIGUSR2, SIGRTMIN, SIGWINCH, SIGURG, SIGIO};
  install(all);
  const auto dice = [round](int number) { return stress::dice(static_cast<std::uint64_t>(round * 100 + number) + 1); };
  goro::wait_group group;
  group.go([] { send_and_wait(SIGUSR1); });
  group.go([&] { come_and_go(dice(1)); });
  group.go([&] { come_and_go(dice(2)); });
  group.go([&] { end_contexts(dice(3)); });
  group.go([&] { take_back(dice(4)); });
  std::vector<std::thread> threads;
  threads.emplace_back([] { send_and_wait(SIGUSR2); });
  threads.emplace_back([] { send_and_wait(SIGRTMIN); });
  threads.emplace_back([&] { come_and_go(dice(5)); });
  threads.emplace_back([&] { end_contexts(dice(6)); });
  group.wait();
  goro::blocking([&] {
    for (auto& t : threads) {
      t.join();
    }
  });
  expect_installed(all);
}

// One signal against one stop(): exactly one of channel and former handler gets it.
void stop_against_signal(long round) {
  install({SIGUSR1});
  for (int turn = 0; turn < turns; ++turn) {
    handled = 0;
    const auto c = goro::make_chan<int>(1);
    goro::signal::notify(c, {SIGUSR1});
    std::thread sender([&] { send(SIGUSR1, turn); });
    for (long wait = (round + turn) % 7; wait > 0; --wait) {
      goro::yield();
    }
    goro::signal::stop(c);
    goro::blocking([&] { sender.join(); });
    stress::wait_until([&] { return c.size() + static_cast<std::size_t>(handled) != 0; });
    goro::yield();
    stress::expect_equal(c.size() + static_cast<std::size_t>(handled), std::size_t{1}, "received or handled");
    stress::progress();
  }
  expect_installed({SIGUSR1});
}

}  // namespace

int main(int argc, char** argv) {
  return stress::play(argc, argv, "signal_storm", 10, [](long round) {
    storm(round);
    if (!stress::race_build) {  // where ThreadSanitizer delays handle() until its thread wakes up
      stop_against_signal(round);
    }
  });
}
