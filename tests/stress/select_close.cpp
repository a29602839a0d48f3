// Select, close, send and receive against one another on few channels, by goroutines and foreign threads together. What
// was sent must be received once, and nobody may be forgotten.
#include <atomic>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

#include "goro/chan.hpp"
#include "goro/panic.hpp"
#include "goro/select.hpp"
#include "goro/wait_group.hpp"
#include "stress.hpp"

namespace {

constexpr int goroutines = stress::by_build(16, 12, 8);
constexpr int threads = 2;
constexpr int parties = goroutines + threads;
constexpr int turns = stress::by_build(100, 60, 30);

std::uint64_t seed_of(long round, int number) {
  return static_cast<std::uint64_t>(round) * 1000 + static_cast<std::uint64_t>(number);
}

// f(number) in every goroutine and thread at once; returns when all have ended.
template <class F>
void crowd(F f) {
  goro::wait_group ended;
  std::vector<std::thread> foreign;
  for (int i = 0; i < threads; ++i) {
    foreign.emplace_back(f, goroutines + i);
  }
  for (int i = 0; i < goroutines; ++i) {
    ended.go([&f, i] { f(i); });
  }
  ended.wait();
  goro::blocking([&] {
    for (auto& t : foreign) {
      t.join();
    }
  });
  stress::progress();
}

// Sum and number of what went in and came out.
struct tally {
  std::atomic<long> count{0};
  std::atomic<long> sum{0};
  void add(long value) {
    count.fetch_add(1);
    sum.fetch_add(value);
  }
};

// Everybody sends and receives through selects over the same three channels, some cases twice. One more that takes and
// one that gives see to it that nobody is left over.
void exchange_storm(long round) {
  const goro::chan<long> channels[] = {goro::make_chan<long>(), goro::make_chan<long>(1), goro::make_chan<long>(3)};
  tally in;
  tally out;
  const auto taken = [&](std::optional<long> v) { out.add(*v); };
  const auto quit = goro::make_chan<void>();
  goro::wait_group helpers;
  helpers.go([&] {
    while (goro::select(goro::recv_case(channels[0], taken), goro::recv_case(channels[1], taken),
                        goro::recv_case(channels[2], taken), goro::recv_case(quit)) != 3) {
    }
  });
  helpers.go([&] {
    const auto sent = [&] { in.add(-1); };
    while (goro::select(goro::send_case(channels[0], -1L, sent), goro::send_case(channels[1], -1L, sent),
                        goro::send_case(channels[2], -1L, sent), goro::recv_case(quit)) != 3) {
    }
  });
  crowd([&](int number) {
    stress::dice dice(seed_of(round, number));
    for (int i = 0; i < turns; ++i) {
      const auto& a = channels[dice.below(3)];
      const auto& b = channels[dice.below(3)];
      const auto& c = channels[dice.below(3)];
      const long value = long{number} * turns + i;
      const auto sent = [&] { in.add(value); };
      switch (dice.below(4)) {
        case 0:
          goro::select(goro::recv_case(a, taken), goro::send_case(b, value, sent), goro::recv_case(c, taken));
          break;
        case 1:
          goro::select(goro::send_case(a, value, sent), goro::recv_case(a, taken));
          break;
        case 2:
          goro::select(goro::recv_case(a, taken), goro::send_case(b, value, sent), goro::default_case());
          break;
        default:
          goro::select(goro::send_case(c, value, sent), goro::send_case(b, value, sent), goro::recv_case(a, taken),
                       goro::recv_case(b, taken), goro::recv_case(c, taken));
      }
    }
  });
  quit.close();
  helpers.wait();
  for (const auto& ch : channels) {
    for (long v = 0; ch.try_recv(v) == goro::chan_status::success;) {
      out.add(v);
    }
  }
  stress::expect_equal(out.count.load(), in.count.load(), "values received");
  stress::expect_equal(out.sum.load(), in.sum.load(), "sum of the values received");
}

// Producers and consumers of every kind while one of them closes: senders panic or have sent, receivers drain and see
// the end.
void close_storm(long round) {
  const auto ch = goro::make_chan<long>(static_cast<std::size_t>(round % 3));
  const auto other = goro::make_chan<long>();
  tally in;
  tally out;
  std::atomic<int> panics{0};
  std::atomic<int> ends{0};
  crowd([&, round](int number) {
    stress::dice dice(seed_of(round, number));
    const int closer = static_cast<int>(round % parties);  // early or late in the order in which they begin
    if (number == closer) {
      for (std::uint64_t i = dice.below(20); i != 0; --i) {
        goro::yield();
      }
      ch.close();
    } else if ((number - closer) % 2 == 0) {
      try {
        for (long i = 0;; ++i) {
          if (dice.below(2) == 0) {
            ch.send(i);
          } else {
            goro::select(goro::recv_case(other), goro::send_case(ch, i));
          }
          in.add(i);
        }
      } catch (const goro::panic_error&) {
        ++panics;
      }
    } else {
      bool open = true;
      while (open) {
        const auto take = [&](std::optional<long> v) { v ? out.add(*v) : void(open = false); };
        if (dice.below(2) == 0) {
          take(ch.recv());
        } else {
          goro::select(goro::recv_case(ch, take), goro::recv_case(other), goro::recv_case(ch, take));
        }
      }
      ++ends;
    }
  });
  stress::expect_equal(panics.load(), (parties - 1) / 2, "senders that panicked");
  stress::expect_equal(ends.load(), parties / 2, "receivers that saw the end");
  stress::expect_equal(out.count.load(), in.count.load(), "values received before the end");
  stress::expect_equal(out.sum.load(), in.sum.load(), "sum of the values received before the end");
}

// One is woken by one of two channels while the other is sent to as well; nothing may be lost with the link it leaves.
void two_sources_storm(long) {
  const auto a = goro::make_chan<long>();
  const auto b = goro::make_chan<long>();
  const auto quit = goro::make_chan<void>();
  std::atomic<int> receivers{0};
  tally out;
  crowd([&](int number) {
    if (number % 3 == 0) {
      for (int i = 0; i < turns; ++i) {
        (i % 2 == 0 ? a : b).send(i);
      }
      if (receivers.fetch_add(1) + 1 == (parties + 2) / 3) {
        quit.close();
      }
      return;
    }
    const auto take = [&](std::optional<long> v) { out.add(*v); };
    while (goro::select(goro::recv_case(a, take), goro::recv_case(quit), goro::recv_case(b, take)) != 1) {
    }
  });
  const long senders = (parties + 2) / 3;
  stress::expect_equal(out.count.load(), senders * turns, "values received from two sources");
}

// Pairs that hand a ball to each other; every wake meets a partner that is about to park. Unbuffered, so plain data is
// safe.
void ping_pong_storm(long) {
  struct table {
    goro::chan<void> ball[2] = {goro::make_chan<void>(), goro::make_chan<void>()};
    long hits = 0;
  };
  std::vector<table> tables(parties / 2);
  crowd([&](int number) {
    table& t = tables[static_cast<std::size_t>(number / 2)];
    const int side = number % 2;
    for (int i = 0; i < turns; ++i) {
      if (side == 0) {
        t.ball[0].send();
        t.ball[1].recv();
        ++t.hits;
      } else {
        goro::select(goro::recv_case(t.ball[0]), goro::recv_case(goro::chan<int>()));
        ++t.hits;
        t.ball[1].send();
      }
    }
  });
  for (const table& t : tables) {
    stress::expect_equal(t.hits, long{2} * turns, "hits");
  }
}

// A channel that lives in one goroutine's frame and ends as soon as the peer's value is there.
void lifetime_storm(long) {
  crowd([](int) {
    for (int i = 0; i < turns / 5; ++i) {
      auto ch = goro::make_chan<int>(static_cast<std::size_t>(i % 2));
      goro::go([&ch, i] { ch.send(i); });
      stress::expect_equal(*ch.recv(), i, "value of a short-lived channel");
      auto done = goro::make_chan<void>();
      goro::go([&done] { done.close(); });
      stress::expect(!done.recv(), "a closed channel ends");
    }
  });
}

}  // namespace

int main(int argc, char** argv) {
  return stress::play(argc, argv, "select_close", 5, [](long round) {
    exchange_storm(round);
    close_storm(round);
    two_sources_storm(round);
    ping_pong_storm(round);
    lifetime_storm(round);
  });
}
