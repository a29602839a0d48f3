// Random calls on one to four channels by goroutines and threads at once: sends, receives, tries, closes and selects.
// What they answered must be what Go's channel could have answered, judged by tests/stress/chan_history.hpp. A round
// plays 20 histories of up to twenty calls. Nobody waits for ever: one caller of each history closes all channels in
// the end, which is part of it.
#include "chan_history.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "goro/chan.hpp"
#include "goro/select.hpp"
#include "goro/wait_group.hpp"
#include "stress.hpp"

namespace {

using history::call;
using history::direction;
using history::result;

constexpr int histories_per_round = 20;
constexpr int most_callers = 4;
constexpr int most_calls = 4;

// Values of two sizes: one that is moved at once, one that could be torn.
struct wide {
  explicit wide(int v = 0) { words.fill(v); }
  explicit operator int() const {
    for (const int w : words) {
      stress::expect(w == words[0], "a value was torn");
    }
    return words[0];
  }
  std::array<int, 24> words;
};

// What a caller shall do, drawn before the history begins.
struct order {
  enum class kind { one, select, close };
  kind what = kind::one;
  bool waits = false;
  bool listed = false;                // select: through a list of cases instead of arguments
  std::vector<direction> cases = {};  // the first is also the channel of `one` and `close`
  int value = 0;                      // of the first case; the next have the next numbers
};

order draw(stress::dice& dice, int channels, int& next_value) {
  const auto direction_of = [&] {
    return direction{dice.below(2) == 0, static_cast<int>(dice.below(static_cast<std::uint64_t>(channels)))};
  };
  order o;
  const std::uint64_t d = dice.below(24);
  o.what = d == 0 ? order::kind::close : d < 12 ? order::kind::one : order::kind::select;
  o.waits = dice.below(3) != 0;
  o.listed = dice.below(2) == 0;
  const std::uint64_t cases = o.what == order::kind::select ? 1 + dice.below(3) : 1;
  for (std::uint64_t i = 0; i < cases; ++i) {
    o.cases.push_back(direction_of());
  }
  o.value = next_value;
  next_value += static_cast<int>(cases);
  return o;
}

// One history in the making.
template <class T>
class theatre {
 public:
  explicit theatre(stress::dice dice) : dice_(dice) {
    const auto channels = 1 + dice_.below(4);
    for (std::uint64_t i = 0; i < channels; ++i) {
      capacities_.push_back(dice_.below(2) == 0 ? 0 : 1 + dice_.below(3));
      channels_.push_back(goro::make_chan<T>(capacities_.back()));
    }
    const auto callers = 2 + dice_.below(most_callers - 1);
    int next_value = 1;
    for (std::uint64_t i = 0; i < callers; ++i) {
      std::vector<order> own;
      for (std::uint64_t k = 1 + dice_.below(most_calls); k > 0; --k) {
        own.push_back(draw(dice_, static_cast<int>(channels), next_value));
      }
      orders_.push_back(own);
    }
    records_.resize(callers + 1);
  }

  void play(bool with_threads) {
    const auto callers = static_cast<int>(orders_.size());
    goro::wait_group ended;
    std::vector<std::thread> threads;
    for (int i = 0; i <= callers; ++i) {
      const auto part = [this, i, callers] { i == callers ? close_all(i) : perform(i); };
      if (with_threads && i % 2 == 1) {
        threads.emplace_back(part);
      } else {
        ended.go(part);
      }
    }
    ended.wait();
    goro::blocking([&] {
      for (auto& t : threads) {
        t.join();
      }
    });
    drain();
  }

  void judge() const {
    std::vector<call> all;
    for (const auto& own : records_) {
      all.insert(all.end(), own.begin(), own.end());
    }
    if (!history::linearizable(all, capacities_)) {
      history::print(all, capacities_);
      stress::fail("no order of these calls is what channels do");
    }
  }

 private:
  // All begin together, or their calls would hardly overlap.
  void wait_for_the_others() {
    ++arrived_;
    while (arrived_ != orders_.size() + 1) {
      goro::yield();
    }
  }

  void perform(int who) {
    wait_for_the_others();
    for (const order& o : orders_[static_cast<std::size_t>(who)]) {
      record(who, o);
    }
    ++done_;
  }

  // When the others have ended, or wait for one another: closes all, so that they end.
  void close_all(int who) {
    wait_for_the_others();
    for (int i = 0; i < 40 && done_ != orders_.size(); ++i) {
      goro::yield();
    }
    for (std::size_t i = 0; i < channels_.size(); ++i) {
      record(who, {.what = order::kind::close, .cases = {{false, static_cast<int>(i)}}});
    }
  }

  // What is left in the buffers is part of the history: lost values are missed here.
  void drain() {
    const int who = static_cast<int>(orders_.size());
    for (std::size_t i = 0; i < channels_.size(); ++i) {
      for (std::size_t k = 0; k <= capacities_[i]; ++k) {
        record(who, {.what = order::kind::one, .cases = {{false, static_cast<int>(i)}}});
      }
    }
  }

  void record(int who, const order& o) {
    call c;
    c.caller = who;
    c.waits = o.waits;
    c.invoked = clock_.fetch_add(1);
    perform(o, c);
    c.returned = clock_.fetch_add(1);
    records_[static_cast<std::size_t>(who)].push_back(c);
    stress::progress();
  }

  void perform(const order& o, call& c) {
    c.channel = o.cases[0].channel;
    if (o.what == order::kind::close) {
      c.got = close(at(c.channel)) ? result::closed : result::close_refused;
      return;
    }
    c.cases = o.cases;
    try {
      if (o.what == order::kind::select) {
        select(o, c);
      } else if (o.waits) {
        wait_for_one(o, c);
      } else {
        try_one(o, c);
      }
    } catch (const goro::panic_error&) {
      c.got = result::refused;
    }
  }

  static bool close(const goro::chan<T>& c) {
    try {
      c.close();
      return true;
    } catch (const goro::panic_error&) {
      return false;
    }
  }

  void wait_for_one(const order& o, call& c) {
    if (o.cases[0].send) {
      at(c.channel).send(T(o.value));
      answer(c, 0, o.value, result::sent);
    } else if (o.listed) {
      received(c, 0, at(c.channel).recv());
    } else {
      T value(0);
      const bool ok = at(c.channel).recv(value);
      received(c, 0, ok ? std::optional<T>(value) : std::nullopt);
    }
  }

  void try_one(const order& o, call& c) {
    T value(o.value);
    const bool send = o.cases[0].send;
    switch (send ? at(c.channel).try_send(value) : at(c.channel).try_recv(value)) {
      case goro::chan_status::success:
        answer(c, 0, static_cast<int>(value), send ? result::sent : result::received);
        break;
      case goro::chan_status::closed:
        c.got = send ? result::refused : result::ended;
        break;
      case goro::chan_status::full:
      case goro::chan_status::empty:
        c.got = result::not_ready;
    }
  }

  void select(const order& o, call& c) {
    c.got = result::not_ready;
    if (o.listed) {
      select_listed(o, c);
    } else {
      select_written(o, c);
    }
  }

  void select_listed(const order& o, call& c) {
    std::vector<goro::select_case> cases;
    for (std::size_t i = 0; i < o.cases.size(); ++i) {
      with_case(o, c, i, [&](auto one) { cases.emplace_back(std::move(one)); });
    }
    if (!o.waits) {
      cases.emplace_back(goro::default_case());
    }
    goro::select(std::span<goro::select_case>(cases));
  }

  // The cases one by one become the arguments of a select.
  template <class... Cases>
  void select_written(const order& o, call& c, Cases&&... cases) {
    if constexpr (sizeof...(Cases) < 3) {
      if (sizeof...(Cases) < o.cases.size()) {
        with_case(o, c, sizeof...(Cases), [&](auto one) { select_written(o, c, cases..., one); });
        return;
      }
    }
    if (o.waits) {
      goro::select(cases...);
    } else {
      goro::select(cases..., goro::default_case());
    }
  }

  template <class Use>
  void with_case(const order& o, call& c, std::size_t i, Use use) {
    const goro::chan<T>& channel = at(o.cases[i].channel);
    const int value = o.value + static_cast<int>(i);
    if (o.cases[i].send) {
      use(goro::send_case(channel, T(value), [&c, i, value] { answer(c, i, value, result::sent); }));
    } else {
      use(goro::recv_case(channel, [&c, i](std::optional<T> v) { received(c, i, v); }));
    }
  }

  static void answer(call& c, std::size_t chosen, int value, result got) {
    c.channel = c.cases[chosen].channel;
    c.value = value;
    c.got = got;
  }
  static void received(call& c, std::size_t chosen, const std::optional<T>& v) {
    answer(c, chosen, v ? static_cast<int>(*v) : 0, v ? result::received : result::ended);
  }

  const goro::chan<T>& at(int channel) const { return channels_[static_cast<std::size_t>(channel)]; }

  stress::dice dice_;
  std::vector<std::size_t> capacities_;
  std::vector<goro::chan<T>> channels_;
  std::vector<std::vector<order>> orders_;  // of each caller
  std::vector<std::vector<call>> records_;  // of each caller, and of the one that closes
  std::atomic<std::size_t> arrived_{0};
  std::atomic<std::size_t> done_{0};
  std::atomic<long> clock_{0};
};

// The judge is judged: it accepts what channels do, and rejects what they do not.
struct verdict {
  const char* what;
  bool right;
  std::vector<std::size_t> capacities;
  std::vector<call> calls;
};

call made(long invoked, long returned, bool waits, std::vector<direction> cases, result got, int channel = 0,
          int value = 0) {
  return {0, std::move(cases), waits, got, channel, value, invoked, returned};
}

std::vector<verdict> known_verdicts() {
  const auto send = [](long from, long to, int channel, int value, result got = result::sent) {
    return made(from, to, got != result::not_ready, {{true, channel}}, got, channel, value);
  };
  const auto recv = [](long from, long to, int channel, int value, result got = result::received) {
    return made(from, to, got != result::not_ready, {{false, channel}}, got, channel, value);
  };
  const auto tries = [](call c) {
    c.waits = false;
    return c;
  };
  const auto close = [](long from, long to, int channel, result got = result::closed) {
    return made(from, to, false, {}, got, channel);
  };
  const std::vector<direction> both{{false, 0}, {false, 1}};
  return {
      {"two values in order", true, {2}, {send(0, 1, 0, 1), send(2, 3, 0, 2), recv(4, 5, 0, 1), recv(6, 7, 0, 2)}},
      {"the order turned round", false, {2}, {send(0, 1, 0, 1), send(2, 3, 0, 2), recv(4, 5, 0, 2), recv(6, 7, 0, 1)}},
      {"in either order when they were sent at once",
       true,
       {2},
       {send(0, 3, 0, 1), send(1, 2, 0, 2), recv(4, 5, 0, 1)}},
      {"a value that comes twice", false, {2}, {send(0, 1, 0, 1), recv(2, 3, 0, 1), recv(4, 5, 0, 1)}},
      {"a value that nobody sent", false, {2}, {send(0, 1, 0, 1), recv(2, 3, 0, 2)}},
      {"a value before it is sent", false, {1}, {recv(0, 1, 0, 1), send(2, 3, 0, 1)}},
      {"more than there is room for", false, {1}, {send(0, 1, 0, 1), send(2, 3, 0, 2), recv(4, 5, 0, 1)}},
      {"two that meet", true, {0}, {send(0, 2, 0, 1), recv(1, 3, 0, 1)}},
      {"two that cannot have met", false, {0}, {send(0, 1, 0, 1), recv(2, 3, 0, 1)}},
      {"a try meets one that waits", true, {0}, {tries(send(1, 2, 0, 1)), recv(0, 3, 0, 1)}},
      {"a try meets a try", false, {0}, {tries(send(0, 2, 0, 1)), tries(recv(1, 3, 0, 1))}},
      {"empty although a value is there",
       false,
       {1},
       {send(0, 1, 0, 1), recv(2, 3, 0, 0, result::not_ready), recv(4, 5, 0, 1)}},
      {"full although there is room", false, {2}, {send(0, 1, 0, 1), send(2, 3, 0, 2, result::not_ready)}},
      {"closed and drained",
       true,
       {1},
       {send(0, 1, 0, 1), close(2, 3, 0), recv(4, 5, 0, 1), recv(6, 7, 0, 0, result::ended)}},
      {"closed and not drained",
       false,
       {1},
       {send(0, 1, 0, 1), close(2, 3, 0), recv(4, 5, 0, 0, result::ended), recv(6, 7, 0, 1)}},
      {"the end of what is not closed", false, {0}, {recv(0, 1, 0, 0, result::ended), close(2, 3, 0)}},
      {"sent after close", false, {1}, {close(0, 1, 0), send(2, 3, 0, 1), recv(4, 5, 0, 1)}},
      {"refused while it is closed", true, {0}, {send(0, 3, 0, 1, result::refused), close(1, 2, 0)}},
      {"refused before it is closed", false, {1}, {send(0, 1, 0, 1, result::refused), close(2, 3, 0)}},
      {"closed twice", false, {0}, {close(0, 2, 0), close(1, 3, 0)}},
      {"one of two closes", true, {0}, {close(0, 2, 0, result::close_refused), close(1, 3, 0)}},
      {"default, although one of two was ready at every moment",
       false,
       {1, 1},
       {send(0, 1, 0, 1), made(2, 9, false, both, result::not_ready), send(3, 4, 1, 2), recv(5, 6, 0, 1)}},
      {"default, since for a moment none was",
       true,
       {1, 1},
       {send(0, 1, 0, 1), made(2, 9, false, both, result::not_ready), recv(3, 4, 0, 1), send(5, 6, 1, 2)}},
      {"two selects that meet",
       true,
       {0, 0},
       {made(0, 3, true, {{true, 0}, {false, 1}}, result::sent, 0, 1), made(1, 2, true, both, result::received, 0, 1)}},
  };
}

void judge_the_judge() {
  for (const verdict& v : known_verdicts()) {
    if (history::linearizable(v.calls, v.capacities) != v.right) {
      stress::fail(std::string("the checker is wrong about: ") + v.what);
    }
  }
}

template <class T>
void one_history(std::uint64_t seed, bool with_threads) {
  theatre<T> t{stress::dice(seed)};
  t.play(with_threads);
  t.judge();
}

}  // namespace

int main(int argc, char** argv) {
  judge_the_judge();
  return stress::play(argc, argv, "chan_linearizable", 10, [](long round) {
    for (int i = 0; i < histories_per_round; ++i) {
      const auto seed = static_cast<std::uint64_t>(round * histories_per_round + i + 1);
      i % 4 == 3 ? one_history<wide>(seed, i % 8 == 7) : one_history<int>(seed, i % 8 == 0);
    }
  });
}
