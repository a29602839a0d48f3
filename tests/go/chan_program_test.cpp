// Small whole programs that communicate, after Go's chan/{goroutines,nonblock,sieve1,sieve2}.go, sieve.go, ken/chan1.go
// and goprint.go.
#include <array>
#include <deque>
#include <functional>
#include <queue>
#include <string>

#include "chan_support.hpp"

using namespace support;

namespace {

constexpr std::array first_primes{2,  3,  5,  7,  11, 13, 17, 19, 23, 29, 31, 37, 41,
                                  43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97};

// A value goes through a chain of goroutines, each of which waits for its right neighbour.
TEST(chan_program, goroutines) {
  sweep_processors([] {
    constexpr int length = GORO_WITH_TSAN ? 1000 : 10'000;
    const auto leftmost = make_chan<int>();
    auto left = leftmost;
    for (int i = 0; i < length; ++i) {
      auto right = make_chan<int>();
      goro::go([left, right] { left.send(right.recv().value() + 1); });
      left = right;
    }
    goro::go([left] { left.send(1); });
    EXPECT_EQ(leftmost.recv(), 1 + length);
  });
}

// Sends by trying until somebody receives, receives by trying until somebody sends; with and without a buffer.
template <class T>
void by_trying(const T& there, const T& back) {
  sweep_processors([&] {
    for (const std::size_t capacity : {0, 1}) {
      const auto c = make_chan<T>(capacity);
      const auto strobe = make_chan<bool>();
      EXPECT_EQ(try_recv(c), std::nullopt) << "nobody sends yet";
      together(2, [&](int who) {
        if (who == 0) {
          EXPECT_EQ(c.recv(), there);
          strobe.send(true);
          c.send(back);
          strobe.send(true);
          return;
        }
        EXPECT_TRUE(eventually([&] { return c.try_send(there) == chan_status::success; }));
        EXPECT_TRUE(strobe.recv());
        if (capacity > 0) {
          EXPECT_TRUE(strobe.recv()) << "a buffered send does not wait";
        }
        T got{};
        EXPECT_TRUE(eventually([&] { return c.try_recv(got) == chan_status::success; }));
        EXPECT_EQ(got, back);
        if (capacity == 0) {
          EXPECT_TRUE(strobe.recv());
        }
      });
    }
  });
}

TEST(chan_program, nonblock_int32) { by_trying<std::int32_t>(123, 234); }
TEST(chan_program, nonblock_int64) { by_trying<std::int64_t>(123456, 234567); }
TEST(chan_program, nonblock_bool) { by_trying<bool>(true, true); }
TEST(chan_program, nonblock_string) { by_trying<std::string>("hello", "hello again"); }

// The prime sieve of Newsqueak: a filter for each prime found. `stop` ends it, which Go's program leaves to the
// process.
goro::recv_chan<int> sieve(const chan<void>& stop) {
  const auto primes = make_chan<int>();
  const auto send = [stop](const chan<int>& c, int v) {
    return goro::select(goro::send_case(c, v), goro::recv_case(stop)) == 0;
  };
  goro::go([=] {
    auto candidates = make_chan<int>();
    goro::go([=] {
      for (int i = 2; send(candidates, i); ++i) {
      }
      candidates.close();
    });
    while (const std::optional<int> prime = candidates.recv()) {
      if (!send(primes, *prime)) {
        break;
      }
      const auto filtered = make_chan<int>();
      goro::go([=, in = candidates, prime = *prime] {
        for (const int i : in) {
          if (i % prime != 0 && !send(filtered, i)) {
            break;
          }
        }
        filtered.close();
      });
      candidates = filtered;
    }
  });
  return primes;
}

TEST(chan_program, sieve1) {
  sweep_processors([] {
    const auto stop = make_chan<void>();
    const auto primes = sieve(stop);
    for (const int wanted : first_primes) {
      EXPECT_EQ(primes.recv(), wanted);
    }
    stop.close();
  });
}

// sieve.go, which never ends by itself, up to a hundred primes.
TEST(chan_program, sieve) {
  const auto stop = make_chan<void>();
  const auto primes = sieve(stop);
  int last = 0;
  for (int i = 0; i < 100; ++i) {
    last = primes.recv().value();
  }
  EXPECT_EQ(last, 541);
  stop.close();
}

// The sieve that merges multiples: a heap of channels, buffers of several sizes, a proxy with a buffer without bound
// that switches its output off by making it nil, and a loop of goroutines that feed one another.
class merging_sieve {
 public:
  merging_sieve() : stop_(make_chan<void>()), out_(make_chan<int>(10)) {
    out_.send(2);
    out_.send(3);
    const auto composites = make_chan<int>(50);
    const auto primes = make_chan<int>(10);
    primes.send(3);
    run([this, primes, composites] { merge_multiples(primes, composites); });
    run([this, primes, composites] { sieve(proxy(primes), composites); });
  }
  merging_sieve(const merging_sieve&) = delete;
  merging_sieve& operator=(const merging_sieve&) = delete;
  ~merging_sieve() {
    stop_.close();
    EXPECT_TRUE(eventually([&] { return running_ == 0; }));
  }

  int next() const { return out_.recv().value(); }

 private:
  struct stopped {};
  struct peeked {
    int head;
    chan<int> rest;
    bool operator>(const peeked& other) const { return head > other.head; }
  };

  void run(std::function<void()> f) {
    ++running_;
    goro::go([this, f = std::move(f)] {
      try {
        f();
      } catch (stopped) {
      }
      --running_;
    });
  }
  void send(const chan<int>& c, int v) const {
    if (goro::select(goro::send_case(c, v), goro::recv_case(stop_)) == 1) {
      throw stopped{};
    }
  }
  int recv(const chan<int>& c) const {
    std::optional<int> v;
    if (goro::select(goro::recv_case(c, v), goro::recv_case(stop_)) == 1) {
      throw stopped{};
    }
    return *v;
  }

  chan<int> arithmetic_progression(int from, int step, std::size_t buffered) {
    const auto c = make_chan<int>(buffered);
    run([=, this] {
      for (int n = from;; n += step) {
        send(c, n);
      }
    });
    return c;
  }

  chan<int> proxy(const chan<int>& out) {
    const auto in = make_chan<int>(10);
    run([=, this] {
      std::deque<int> kept;
      while (true) {
        const chan<int> open = kept.empty() ? chan<int>() : out;
        std::optional<int> v;
        switch (goro::select(goro::recv_case(in, v), goro::send_case(open, kept.empty() ? 0 : kept.front()),
                             goro::recv_case(stop_))) {
          case 0:
            kept.push_back(*v);
            break;
          case 1:
            kept.pop_front();
            break;
          default:
            return;
        }
      }
    });
    return in;
  }

  void merge_multiples(const chan<int>& primes, const chan<int>& composites) {
    std::priority_queue<peeked, std::vector<peeked>, std::greater<>> heap;
    int least = 15;
    const auto advance = [&] {
      peeked top = heap.top();
      heap.pop();
      least = top.head;
      top.head = recv(top.rest);
      heap.push(top);
    };
    while (true) {
      const int prime = recv(primes);
      const chan<int> multiples = arithmetic_progression(prime * prime, 2 * prime, 10);
      const int head = recv(multiples);
      while (least < head) {
        send(composites, least);
        advance();
      }
      while (least == head) {
        advance();
      }
      send(composites, head);
      heap.push({recv(multiples), multiples});
    }
  }

  void sieve(const chan<int>& primes, const chan<int>& composites) {
    const chan<int> candidates = arithmetic_progression(5, 2, 50);
    int p = recv(candidates);
    while (true) {
      const int c = recv(composites);
      while (p < c) {
        send(primes, p);
        send(out_, p);
        p = recv(candidates);
      }
      if (p == c) {
        p = recv(candidates);
      }
    }
  }

  const chan<void> stop_;
  const chan<int> out_;
  std::atomic<int> running_{0};
};

TEST(chan_program, sieve2) {
  sweep_processors([] {
    const merging_sieve primes;
    for (const int wanted : first_primes) {
      EXPECT_EQ(primes.next(), wanted);
    }
  });
}

// ken/chan1.go: what is marked before it is sent is seen marked by whoever receives it. Plain memory: the race build
// watches.
TEST(chan_program, ken_chan1) {
  sweep_processors([] {
    constexpr int messages = 1000;
    constexpr int receivers = 10;
    std::vector<int> marks(messages);
    const auto c = make_chan<int>(2);
    together(receivers + 1, [&](int who) {
      if (who == receivers) {
        for (int i = 0; i < messages; ++i) {
          marks[static_cast<std::size_t>(i)] = 1;
          c.send(i);
        }
        c.close();
        return;
      }
      while (true) {
        std::optional<int> i;
        goro::select(goro::recv_case(c, i));
        if (!i) {
          return;
        }
        int& mark = marks.at(static_cast<std::size_t>(*i));
        ASSERT_EQ(mark, 1);
        mark = 2;
      }
    });
    EXPECT_EQ(marks, std::vector<int>(messages, 2));
  });
}

// goprint.go: a go statement with arguments of many types, a nil channel among them.
TEST(chan_program, goprint) {
  const auto told = make_chan<std::string>();
  goro::go(
      [](int i, bool b, double d, const std::string& s, const chan<int>& c, chan<std::string> out) {
        out.send(std::to_string(i) + (b ? " true " : " false ") + std::to_string(d) + " " + s + (c ? " chan" : " nil"));
      },
      42, true, 1.5, "world", chan<int>(), told);
  EXPECT_EQ(told.recv(), "42 true 1.500000 world nil");
}

}  // namespace
