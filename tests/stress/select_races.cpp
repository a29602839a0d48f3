// Single races, a thousand a round: two or three meet at fresh channels, and each race has few possible ends. Where the
// other stress programs keep many busy at once, here somebody who is forgotten once is missed at once: the next race
// waits for him.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "goro/chan.hpp"
#include "goro/context.hpp"
#include "goro/panic.hpp"
#include "goro/select.hpp"
#include "goro/wait_group.hpp"
#include "stress.hpp"

namespace {

using namespace std::chrono_literals;
using goro::recv_case;
using goro::send_case;

constexpr int races = 1000;
constexpr int players = 3;

std::chrono::nanoseconds soon(stress::dice& dice) { return std::chrono::nanoseconds(dice.below(4'000)); }

// What three meet at. Each writes only its own result; they are looked at when the round is over.
struct race {
  goro::chan<int> a;
  goro::chan<int> b;
  goro::timer timer{1h};
  goro::cancelable cancelable = goro::with_cancel(goro::background());
  int result[players] = {};

  explicit race(std::size_t capacity) : a(goro::make_chan<int>(capacity)), b(goro::make_chan<int>(capacity)) {}
};

// A little while, between none and that of a wake.
void linger(stress::dice& dice) {
  for (std::uint64_t i = dice.below(3); i != 0; --i) {
    goro::yield();
  }
  std::atomic<std::uint64_t> left{dice.below(50)};
  while (left.load(std::memory_order_relaxed) != 0) {
    left.fetch_sub(1, std::memory_order_relaxed);
  }
}

constexpr int nothing = 0;
constexpr int ended = -1;     // saw the end of a channel
constexpr int panicked = -2;  // sent to a closed one, or closed one

int value_or_end(const std::optional<int>& value) { return value.value_or(ended); }

template <class F>
int or_panic(F f) {
  try {
    return f();
  } catch (const goro::panic_error&) {
    return panicked;
  }
}

int receive_from_either(race& r) {
  int got = nothing;
  const auto take = [&](std::optional<int> v) { got = value_or_end(v); };
  goro::select(recv_case(r.a, take), recv_case(r.b, take));
  return got;
}

// Two wait, in a select and without one; a close lets both go.
int close_wakes_all(race& r, int who, stress::dice&) {
  switch (who) {
    case 0:
      return receive_from_either(r);
    case 1:
      return value_or_end(r.a.recv());
    default:
      r.a.close();
      return nothing;
  }
}
bool check_close_wakes_all(const race& r) { return r.result[0] == ended && r.result[1] == ended; }

// Two wait for two values, which come by different channels.
int each_gets_one(race& r, int who, stress::dice&) {
  if (who != 2) {
    return receive_from_either(r);
  }
  r.a.send(1);
  r.b.send(2);
  return nothing;
}
bool check_each_gets_one(const race& r) { return r.result[0] + r.result[1] == 3 && r.result[0] * r.result[1] == 2; }

// Two selects, each of which could serve the other in two ways. A third looks without waiting, and gives nothing.
int selects_cross(race& r, int who, stress::dice&) {
  int got = nothing;
  const auto take = [&](std::optional<int> v) { got = value_or_end(v); };
  switch (who) {
    case 0:
      goro::select(send_case(r.a, 1), recv_case(r.b, take));
      break;
    case 1:
      goro::select(send_case(r.b, 2), recv_case(r.a, take));
      break;
    default:
      goro::select(recv_case(goro::chan<int>(), take), goro::default_case());
  }
  return got;
}
bool check_selects_cross(const race& r) {
  return (r.result[0] == 2 && r.result[1] == nothing) || (r.result[0] == nothing && r.result[1] == 1);
}

// Two send, in a select and without one, while the channel is closed. With a buffer one of them may have been in time.
int close_against_senders(race& r, int who, stress::dice&) {
  return or_panic([&] {
    switch (who) {
      case 0:
        return goro::select(send_case(r.a, 1), send_case(goro::chan<int>(), 1)) == 0 ? 1 : nothing;
      case 1:
        r.a.send(1);
        return 1;
      default:
        r.a.close();
        return 0;
    }
  });
}
bool check_close_against_senders(const race& r) {
  int in_time = 0;
  for (const int result : {r.result[0], r.result[1]}) {
    in_time += result == 1 ? 1 : 0;
    if (result != 1 && result != panicked) {
      return false;
    }
  }
  return in_time == static_cast<int>(r.a.size());
}

// Both sides give up soon, and must agree on whether they have met.
int timeouts_agree(race& r, int who, stress::dice& dice) {
  int got = nothing;
  switch (who) {
    case 0:
      goro::select(recv_case(r.a, [&](std::optional<int> v) { got = *v; }), recv_case(goro::after(soon(dice))));
      break;
    case 1:
      goro::select(send_case(r.a, 1, [&] { got = 1; }), recv_case(goro::after(soon(dice))));
      break;
    default:
      got = r.a.try_recv(got) == goro::chan_status::success ? 1 : 0;
  }
  return got;
}
bool check_timeouts_agree(const race& r) {
  return r.result[0] + r.result[2] + static_cast<int>(r.a.size()) == r.result[1];
}

// A timer rings for one of two, or is stopped. Who did not get it is woken by a close.
int stop_against_firing(race& r, int who, stress::dice& dice) {
  if (who != 1) {
    int got = nothing;
    goro::select(recv_case(r.timer.c(), [&] { got = 1; }), recv_case(r.a));
    return got;
  }
  r.timer.reset(soon(dice));
  linger(dice);
  const bool stopped = r.timer.stop();
  r.a.close();
  return stopped ? 1 : 0;
}
bool check_stop_against_firing(const race& r) { return r.result[0] + r.result[1] + r.result[2] == 1; }

// Three starts and a stop: each start is received or was prevented.
int reset_against_firing(race& r, int who, stress::dice& dice) {
  int count = 0;
  switch (who) {
    case 0:
      while (goro::select(recv_case(r.timer.c(), [&] { ++count; }), recv_case(r.a)) == 0) {
      }
      return count;
    case 1:
      count += r.timer.reset(soon(dice)) ? 1 : 0;
      linger(dice);
      count += r.timer.reset(soon(dice)) ? 1 : 0;
      linger(dice);
      count += r.timer.stop() ? 1 : 0;
      r.a.close();
      return count;
    default:
      while (goro::select(recv_case(r.a), recv_case(r.timer.c(), [&] { ++count; })) == 1) {
      }
      return count;
  }
}
bool check_reset_against_firing(const race& r) { return r.result[0] + r.result[1] + r.result[2] == 3; }

// A context ends while a value comes; who waits has one of the two, and the value is not lost.
int cancel_against_send(race& r, int who, stress::dice&) {
  int got = nothing;
  switch (who) {
    case 0:
      goro::select(recv_case(r.cancelable.ctx.done(), [&] { got = ended; }),
                   recv_case(r.a, [&](std::optional<int> v) { got = *v; }));
      return got;
    case 1:
      return goro::select(recv_case(r.cancelable.ctx.done()), send_case(r.a, 1));
    default:
      r.cancelable.cancel();
      return nothing;
  }
}
bool check_cancel_against_send(const race& r) {
  const int sent = r.result[1];
  const int received = r.result[0] == 1 ? 1 : 0;
  return (r.result[0] == ended || r.result[0] == 1) && sent == received + static_cast<int>(r.a.size());
}

// All close; one may.
int closes_compete(race& r, int, stress::dice&) {
  return or_panic([&] {
    r.a.close();
    return 1;
  });
}
bool check_closes_compete(const race& r) { return r.result[0] + r.result[1] + r.result[2] == 1 + 2 * panicked; }

struct kind {
  const char* name;
  int (*play)(race& r, int who, stress::dice& dice);
  bool (*holds)(const race& r);
};

constexpr kind kinds[] = {
    {"close_wakes_all", &close_wakes_all, &check_close_wakes_all},
    {"each_gets_one", &each_gets_one, &check_each_gets_one},
    {"selects_cross", &selects_cross, &check_selects_cross},
    {"close_against_senders", &close_against_senders, &check_close_against_senders},
    {"timeouts_agree", &timeouts_agree, &check_timeouts_agree},
    {"stop_against_firing", &stop_against_firing, &check_stop_against_firing},
    {"reset_against_firing", &reset_against_firing, &check_reset_against_firing},
    {"cancel_against_send", &cancel_against_send, &check_cancel_against_send},
    {"closes_compete", &closes_compete, &check_closes_compete},
};
constexpr int kind_count = sizeof(kinds) / sizeof(kinds[0]);

std::size_t capacity_of(int kind, int number) {
  constexpr int selects_cross_kind = 2;  // with buffers both could send
  return kind == selects_cross_kind ? 0 : static_cast<std::size_t>(number / kind_count % 3 == 0 ? 1 : 0);
}

// Where each player is. They begin a race together, as nearly as processors allow.
struct meeting {
  alignas(64) std::atomic<int> at{-1};
};

// More threads than cores may wait here, so each gives way to the other goroutines and to the other threads.
void meet(meeting (&all)[players], int who, int number) {
  constexpr int spins = 100;
  all[who].at.store(number);
  for (const meeting& other : all) {
    for (int i = 0; other.at.load() < number; ++i) {
      if (i >= spins) {
        goro::yield();
        std::this_thread::yield();
      }
    }
  }
}

void play_all(std::vector<race>& all, meeting (&meetings)[players], int who, long round) {
  stress::dice dice(static_cast<std::uint64_t>(round * players + who));
  for (int number = 0; number < races; ++number) {
    meet(meetings, who, number);
    linger(dice);
    race& r = all[static_cast<std::size_t>(number)];
    r.result[who] = kinds[number % kind_count].play(r, who, dice);
    stress::progress();
  }
}

// Of the three, one is a thread in every fourth round.
void play_round(long round) {
  stress::dice dice(static_cast<std::uint64_t>(round));
  std::vector<race> all;
  all.reserve(races);
  for (int number = 0; number < races; ++number) {
    all.emplace_back(capacity_of(number % kind_count, number));
  }
  meeting meetings[players];
  const int thread_player = round % 4 == 3 ? static_cast<int>(dice.below(players)) : players;
  std::optional<std::thread> foreign;
  goro::wait_group group;
  for (int who = 0; who < players; ++who) {
    const auto body = [&, who] { play_all(all, meetings, who, round); };
    if (who == thread_player) {
      foreign.emplace(body);
    } else {
      group.go(body);
    }
  }
  group.wait();
  if (foreign) {
    goro::blocking([&] { foreign->join(); });
  }
  for (int number = 0; number < races; ++number) {
    const kind& played = kinds[number % kind_count];
    const race& r = all[static_cast<std::size_t>(number)];
    if (!played.holds(r)) {
      stress::fail(std::string(played.name) + " in round " + std::to_string(round) + ", race " +
                   std::to_string(number) + ": results " + std::to_string(r.result[0]) + ", " +
                   std::to_string(r.result[1]) + ", " + std::to_string(r.result[2]));
    }
  }
}

}  // namespace

int main(int argc, char** argv) { return stress::play(argc, argv, "select_races", 3, play_round); }
