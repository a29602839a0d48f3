// Power series as processes, after McIlroy's "Squinting at Power Series" and Go's chan/powser1.go and powser2.go. A
// series is a pair of channels: demands go one way, coefficients come back. Every operation on series starts
// goroutines, which start others: hundreds of goroutines, nested selects, nothing buffered. powser2 has pointers to
// polymorphic values where powser1 has values.
#include <array>
#include <cstdint>
#include <numeric>

#include "chan_support.hpp"

using namespace support;

namespace {

struct rational {
  std::int64_t over = 0;
  std::int64_t under = 0;  // 0: the series has ended
  friend bool operator==(const rational&, const rational&) = default;
};

rational fraction(std::int64_t over, std::int64_t under = 1) {
  const std::int64_t common = std::gcd(over, under);
  return under > 0 ? rational{over / common, under / common} : rational{-over / common, under / -common};
}
rational operator+(const rational& a, const rational& b) {
  return fraction(a.over * b.under + b.over * a.under, a.under * b.under);
}
rational operator*(const rational& a, const rational& b) {
  const std::int64_t ab = std::gcd(a.over, b.under);
  const std::int64_t ba = std::gcd(b.over, a.under);
  return fraction((a.over / ab) * (b.over / ba), (a.under / ba) * (b.under / ab));
}
rational operator-(const rational& a) { return {-a.over, a.under}; }
constexpr rational finis{};

// How a coefficient travels.
struct as_value {
  using type = rational;
  static type pack(const rational& r) { return r; }
  static rational unpack(const type& t) { return t; }
};
struct as_pointer {
  struct item {
    virtual ~item() = default;
    virtual rational value() const = 0;
  };
  struct rational_item : item {
    explicit rational_item(const rational& r) : value_(r) {}
    rational value() const override { return value_; }
    rational value_;
  };
  using type = std::unique_ptr<item>;
  static type pack(const rational& r) { return std::make_unique<rational_item>(r); }
  static rational unpack(const type& t) { return t->value(); }
};

// The goroutines of all series end when the last one is closed; a process that is told so leaves by this exception.
struct stopped {};

template <class Coefficient>
class power_series {
 public:
  using type = typename Coefficient::type;

  struct series {
    chan<int> demand = make_chan<int>();
    chan<type> data = make_chan<type>();
  };

  ~power_series() {
    stop_.close();
    EXPECT_TRUE(eventually([&] { return running_ == 0; }));
  }

  rational get(const series& u) const {
    ask(u);
    return take(u);
  }

  series constant(rational c) {  // c c c …
    return start([=, this](const series& z) {
      while (true) {
        put(c, z);
      }
    });
  }
  series add(series u, series v) {
    return start([=, this](const series& z) {
      while (true) {
        listen(z);
        const auto both = get_both(u, v);
        if (both[0] != finis && both[1] != finis) {
          answer(z, both[0] + both[1]);
          continue;
        }
        const bool first_ended = both[0] == finis;
        answer(z, first_ended ? both[1] : both[0]);
        copy(first_ended ? v : u, z);  // until everything ends
      }
    });
  }
  series times(rational c, series u) {
    return map(u, [c](const rational& r) { return c * r; });
  }
  series subtract(series u, series v) { return add(u, times(fraction(-1), v)); }
  series shift(rational c, series u) {  // c + x u
    return start([=, this](const series& z) {
      put(c, z);
      copy(u, z);
    });
  }
  // (u + x U)(v + x V) = u v + x (u V + v U) + x x U V
  series multiply(series left, series right) {
    return start([=, this](const series& z) {
      listen(z);
      const auto first = get_both(left, right);
      if (first[0] == finis || first[1] == finis) {
        answer(z, finis);
        return;
      }
      answer(z, first[0] * first[1]);
      const auto l = split(left);
      const auto r = split(right);
      const series w = add(times(first[0], r[0]), times(first[1], l[0]));
      put_from(w, z);
      copy(add(w, multiply(l[1], r[1])), z);
    });
  }
  series differentiate(series u) {
    return start([=, this](const series& z) {
      listen(z);
      if (get(u) != finis) {
        for (int n = 1;; ++n) {
          const rational r = get(u);
          if (r == finis) {
            break;
          }
          answer(z, fraction(n) * r);
          listen(z);
        }
      }
      answer(z, finis);
    });
  }
  series integrate(rational c, series u) {
    return start([=, this](const series& z) {
      put(c, z);
      for (int n = 1;; ++n) {
        listen(z);
        const rational r = get(u);
        answer(z, r == finis ? finis : fraction(1, n) * r);
        if (r == finis) {
          return;
        }
      }
    });
  }
  // Z = exp U, Z' = Z U': Z is made from a copy of itself.
  series exponential(series u) {
    std::array<series, 2> z;
    split(integrate(fraction(1), multiply(z[0], differentiate(u))), z);
    return z[1];
  }
  // Z = 1 / U: z = 1 / u, and the rest of Z is the rest of -z U Z.
  series reciprocal(series u) {
    return start([=, this](const series& z) {
      listen(z);
      const rational r = get(u);
      const rational first = fraction(r.under, r.over);
      answer(z, first);
      std::array<series, 2> rest;
      split(multiply(times(-first, u), shift(first, rest[0])), rest);
      copy(rest[1], z);
    });
  }
  // U(c x^n)
  series substitute_monomial(series u, rational factor, int n) {
    return start([=, this](const series& z) {
      rational c = fraction(1);
      while (true) {
        put(get(u) * c, z);
        c = c * factor;
        for (int i = 1; i < n; ++i) {
          put(fraction(0), z);
        }
      }
    });
  }

 private:
  template <class Process>
  series start(Process process) {
    series z;
    run([process, z] { process(z); });
    return z;
  }
  template <class F>
  void run(F f) {
    ++running_;
    goro::go([this, f] {
      try {
        f();
      } catch (stopped) {
      }
      --running_;
    });
  }
  template <class F>
  series map(series u, F f) {
    return start([=, this](const series& z) {
      while (true) {
        listen(z);
        const rational r = get(u);
        answer(z, r == finis ? finis : f(r));
      }
    });
  }

  template <class Case>
  void or_stop(Case&& operation) const {
    if (goro::select(std::forward<Case>(operation), goro::recv_case(stop_)) == 1) {
      throw stopped{};
    }
  }
  void ask(const series& u) const { or_stop(goro::send_case(u.demand, 1)); }
  void listen(const series& z) const { or_stop(goro::recv_case(z.demand)); }
  void answer(const series& z, const rational& r) const { or_stop(goro::send_case(z.data, Coefficient::pack(r))); }
  rational take(const series& u) const {
    std::optional<type> t;
    or_stop(goro::recv_case(u.data, t));
    return Coefficient::unpack(*t);
  }
  void put(const rational& r, const series& z) const {
    listen(z);
    answer(z, r);
  }
  void put_from(const series& u, const series& z) const {
    listen(z);
    answer(z, get(u));
  }
  void copy(const series& u, const series& z) const {
    while (true) {
      put_from(u, z);
    }
  }

  // One coefficient of each, in whichever order they can be had: what is done is made nil.
  std::array<rational, 2> get_both(const series& u, const series& v) const {
    std::array<chan<int>, 2> demand{u.demand, v.demand};
    std::array<chan<type>, 2> data;
    std::array<rational, 2> got;
    for (int left = 4; left > 0; --left) {
      std::array<std::optional<type>, 2> t;
      const std::size_t chosen =
          goro::select(goro::send_case(demand[0], 1), goro::send_case(demand[1], 1), goro::recv_case(data[0], t[0]),
                       goro::recv_case(data[1], t[1]), goro::recv_case(stop_));
      const std::size_t side = chosen % 2;
      if (chosen == 4) {
        throw stopped{};
      }
      if (chosen < 2) {
        data[side] = (side == 0 ? u : v).data;
        demand[side] = {};
      } else {
        got[side] = Coefficient::unpack(*t[side]);
        data[side] = {};
      }
    }
    return got;
  }

  // Two series for one, read at different speeds. A goroutine for each coefficient that one side has and the other has
  // not yet; the newest serves the quicker side, the oldest the slower, and hands that on when it is done.
  std::array<series, 2> split(const series& in) {
    std::array<series, 2> out;
    split(in, out);
    return out;
  }
  void split(const series& in, std::array<series, 2> out) {
    const auto first = make_chan<void>(1);
    first.send();
    run([=, this] { serve_split(in, out, first); });
  }
  void serve_split(const series& in, std::array<series, 2> out, const chan<void>& my_turn) {
    bool both = false;
    std::size_t chosen = goro::select(goro::recv_case(out[0].demand), goro::recv_case(my_turn), goro::recv_case(stop_));
    if (chosen == 1) {
      both = true;
      chosen = goro::select(goro::recv_case(out[0].demand), goro::recv_case(out[1].demand), goro::recv_case(stop_));
      if (chosen == 1) {
        std::swap(out[0], out[1]);
      }
    }
    if (chosen == 2) {
      throw stopped{};
    }
    ask(in);
    const auto next_turn = make_chan<void>();
    run([=, this] { serve_split(in, out, next_turn); });
    const rational r = take(in);
    answer(out[0], r);
    if (!both) {
      or_stop(goro::recv_case(my_turn));
    }
    put(r, out[1]);
    or_stop(goro::send_case(next_turn));
  }

  const chan<void> stop_ = make_chan<void>();
  std::atomic<int> running_{0};
};

constexpr int terms = 10;

template <class Coefficient, class Make>
void expect_series(const std::vector<rational>& wanted, Make make) {
  sweep_processors([&] {
    power_series<Coefficient> ps;
    const auto u = make(ps);
    for (const rational& w : wanted) {
      ASSERT_EQ(ps.get(u), w);
    }
  });
}

template <class F>
std::vector<rational> each_term(F f) {
  std::vector<rational> all;
  for (int i = 0; i < terms; ++i) {
    all.push_back(f(i));
  }
  return all;
}

template <class Coefficient>
struct chan_powser : ::testing::Test {};
struct coefficient_names {
  template <class Coefficient>
  static std::string GetName(int i) {
    return i == 0 ? "powser1" : "powser2";
  }
};
using coefficients = ::testing::Types<as_value, as_pointer>;
TYPED_TEST_SUITE(chan_powser, coefficients, coefficient_names);

TYPED_TEST(chan_powser, Sums) {
  const auto threes = each_term([](int) { return fraction(3); });
  const auto ones = each_term([](int) { return fraction(1); });
  const auto minus_twos = each_term([](int) { return fraction(-2); });
  expect_series<TypeParam>(ones, [](auto& ps) { return ps.constant(fraction(1)); });
  expect_series<TypeParam>(threes, [](auto& ps) { return ps.add(ps.constant(fraction(1)), ps.constant(fraction(2))); });
  expect_series<TypeParam>(each_term([](int) { return fraction(-1); }),
                           [](auto& ps) { return ps.subtract(ps.constant(fraction(1)), ps.constant(fraction(2))); });
  expect_series<TypeParam>(minus_twos, [](auto& ps) { return ps.times(fraction(-1), ps.constant(fraction(2))); });
}

TYPED_TEST(chan_powser, DerivativeAndIntegral) {
  expect_series<TypeParam>(each_term([](int i) { return fraction(i + 1); }),
                           [](auto& ps) { return ps.differentiate(ps.constant(fraction(1))); });
  expect_series<TypeParam>(each_term([](int i) { return i == 0 ? fraction(0) : fraction(1, i); }),
                           [](auto& ps) { return ps.integrate(fraction(0), ps.constant(fraction(1))); });
}

TYPED_TEST(chan_powser, Product) {
  expect_series<TypeParam>(each_term([](int i) { return fraction(i + 1); }),
                           [](auto& ps) { return ps.multiply(ps.constant(fraction(1)), ps.constant(fraction(1))); });
}

TYPED_TEST(chan_powser, Exponential) {
  const std::vector<rational> wanted{
      fraction(1),       fraction(1),         fraction(3, 2),        fraction(13, 6),       fraction(73, 24),
      fraction(167, 40), fraction(4051, 720), fraction(37633, 5040), fraction(43817, 4480), fraction(4596553, 362880)};
  expect_series<TypeParam>(wanted, [](auto& ps) { return ps.exponential(ps.constant(fraction(1))); });
}

TYPED_TEST(chan_powser, ArcTangent) {
  const auto wanted =
      each_term([](int i) { return i % 2 == 0 ? fraction(0) : fraction((i / 2) % 2 == 0 ? 1 : -1, i); });
  expect_series<TypeParam>(wanted, [](auto& ps) {
    return ps.integrate(fraction(0), ps.substitute_monomial(ps.constant(fraction(1)), fraction(-1), 2));
  });
}

// The reciprocal of 1/(1 - x): a series that is made from a copy of itself.
TYPED_TEST(chan_powser, Reciprocal) {
  expect_series<TypeParam>(each_term([](int i) {
                             return fraction(i == 0 ? 1 : i == 1 ? -1 : 0);
                           }),
                           [](auto& ps) { return ps.reciprocal(ps.constant(fraction(1))); });
}

}  // namespace
