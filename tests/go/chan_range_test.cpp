// Receiving in a loop: range-for, std::ranges, and the building blocks of Go's typeparam/chans.go, which read until a
// channel is closed.
#include <algorithm>
#include <iterator>
#include <memory>
#include <ranges>
#include <string>

#include "chan_support.hpp"
#include "goro/defer.hpp"
#include "goro/future.hpp"

using namespace support;

namespace {

static_assert(std::ranges::input_range<chan<int>>);
static_assert(std::ranges::input_range<const chan<int>>);
static_assert(std::ranges::input_range<goro::recv_chan<std::string>>);
static_assert(std::ranges::input_range<chan<std::unique_ptr<int>>>);
static_assert(!std::ranges::forward_range<chan<int>>);
static_assert(!std::ranges::range<goro::send_chan<int>>);

TEST(chan_range, EndsWhenClosedAndDrained) {
  sweep_processors([] {
    for (const std::size_t capacity : {0, 1, 10}) {
      const auto c = make_chan<int>(capacity);
      together(2, [&](int who) {
        if (who == 0) {
          for (int i = 0; i < 50; ++i) {
            c.send(i);
          }
          c.close();
          return;
        }
        int wanted = 0;
        for (const int v : c) {
          ASSERT_EQ(v, wanted++);
        }
        EXPECT_EQ(wanted, 50);
      });
    }
  });
}

TEST(chan_range, ClosedFromTheStart) {
  for (const int v : closed_chan()) {
    FAIL() << v;
  }
}

// The loop's variable is the value itself, which may be moved from.
TEST(chan_range, ValuesMayBeTaken) {
  const auto c = make_chan<std::unique_ptr<int>>(3);
  for (int i = 0; i < 3; ++i) {
    c.send(std::make_unique<int>(i));
  }
  c.close();
  std::vector<std::unique_ptr<int>> taken;
  for (auto& v : c) {
    taken.push_back(std::move(v));
  }
  ASSERT_EQ(taken.size(), 3U);
  EXPECT_EQ(*taken[2], 2);
}

// Leaving a loop takes nothing that was not seen: the next loop goes on.
TEST(chan_range, BreakingOffLosesNothing) {
  const auto c = full_chan(5);
  c.close();
  for (const int v : c) {
    if (v == 1) {
      break;
    }
  }
  EXPECT_EQ(c.size(), 3U);
  EXPECT_EQ(c.recv(), 2);
  int n = 0;
  for (const int v : c) {
    EXPECT_EQ(v, 3 + n++);
  }
  EXPECT_EQ(n, 2);
}

TEST(chan_range, Algorithms) {
  const auto c = full_chan(10);
  c.close();
  std::vector<int> odd;
  std::ranges::copy_if(c, std::back_inserter(odd), [](int v) { return v % 2 == 1; });
  EXPECT_EQ(odd, (std::vector{1, 3, 5, 7, 9}));
  const auto d = full_chan(4);
  d.close();
  EXPECT_EQ(std::ranges::count_if(d, [](int v) { return v > 0; }), 3);
}

#if !defined(__clang__) || __clang_major__ >= 16  // clang 14 cannot compile libstdc++'s views
TEST(chan_range, Views) {
  const auto c = full_chan(10);
  std::vector<int> got;
  for (const int v : c | std::views::transform([](int v) { return v * v; }) | std::views::take(4)) {
    got.push_back(v);
  }
  EXPECT_EQ(got, (std::vector{0, 1, 4, 9}));
}
#endif

// A range over a temporary handle keeps the channel alive.
TEST(chan_range, OverATemporary) {
  const auto numbers = [](int n) {
    auto c = make_chan<int>();
    goro::go([c, n] {
      for (int i = 0; i < n; ++i) {
        c.send(i);
      }
      c.close();
    });
    return goro::recv_chan<int>(c);
  };
  int sum = 0;
  for (const int v : numbers(10)) {
    sum += v;
  }
  EXPECT_EQ(sum, 45);
}

// The rest is after typeparam/chans.go. Its contexts are channels here: closing `stop` ends a stage.
template <class T>
std::vector<T> read_all(const chan<void>& stop, const goro::recv_chan<T>& c) {
  std::vector<T> all;
  while (true) {
    std::optional<T> v;
    if (goro::select(goro::recv_case(stop), goro::recv_case(c, v)) == 0 || !v) {
      return all;
    }
    all.push_back(std::move(*v));
  }
}

template <class T>
goro::recv_chan<T> merge(const chan<void>& stop, goro::recv_chan<T> a, goro::recv_chan<T> b) {
  const auto out = make_chan<T>();
  goro::go([=]() mutable {
    const goro::defer close_out{[&] { out.close(); }};
    while (a || b) {
      std::optional<T> v;
      const std::size_t chosen = goro::select(goro::recv_case(stop), goro::recv_case(a, v), goro::recv_case(b, v));
      if (chosen == 0) {
        return;
      }
      if (v) {
        out.send(std::move(*v));
      } else {
        (chosen == 1 ? a : b) = {};
      }
    }
  });
  return out;
}

template <class T>
goro::recv_chan<T> values(std::vector<T> list) {
  const auto c = make_chan<T>();
  goro::go([c, list] {
    for (const T& v : list) {
      c.send(v);
    }
    c.close();
  });
  return c;
}

TEST(chan_range, chans_TestReadAll) {
  sweep_processors([] { EXPECT_EQ(read_all(make_chan<void>(), values<int>({4, 2, 5})), (std::vector{4, 2, 5})); });
}

TEST(chan_range, chans_TestMerge) {
  sweep_processors([] {
    const auto stop = make_chan<void>();
    auto all = read_all(stop, merge(stop, values<int>({1, 3, 5}), values<int>({2, 4, 6})));
    std::ranges::sort(all);
    EXPECT_EQ(all, (std::vector{1, 2, 3, 4, 5, 6}));
  });
}

TEST(chan_range, chans_TestFilter) {
  sweep_processors([] {
    const auto out = make_chan<int>();
    goro::go([out, in = values<int>({1, 2, 3})] {
      for (const int v : in) {
        if (v % 2 == 0) {
          out.send(v);
        }
      }
      out.close();
    });
    EXPECT_EQ(read_all(make_chan<void>(), goro::recv_chan<int>(out)), std::vector{2});
  });
}

TEST(chan_range, chans_TestSink) {
  const auto in = make_chan<int>();
  auto sunk = goro::async([in] {
    int n = 0;
    for (const int v : in) {
      n += v;
    }
    return n;
  });
  for (const int v : {1, 2, 3}) {
    in.send(v);
  }
  in.close();
  EXPECT_EQ(sunk.get(), 6);
}

// A channel of one element is a lock that carries what it guards.
TEST(chan_range, chans_TestExclusive) {
  sweep_processors([] {
    int value = 0;
    const auto exclusive = make_chan<int*>(1);
    exclusive.send(&value);
    together(4, [&](int) {
      for (int i = 0; i < 100 * scale; ++i) {
        int* p = exclusive.recv().value();
        ++*p;
        exclusive.send(p);
      }
    });
    EXPECT_EQ(value, 4 * 100 * scale);
  });
}

TEST(chan_range, chans_TestExclusiveTry) {
  const auto exclusive = make_chan<int>(1);
  exclusive.send(7);
  EXPECT_EQ(try_recv(exclusive), 7);
  in_goroutine([&] { EXPECT_EQ(try_recv(exclusive), std::nullopt); });
  exclusive.send(8);
  EXPECT_EQ(try_recv(exclusive), 8);
}

// A sender learns that its receiver has gone. Go has a finalizer tell it; here a destructor does.
TEST(chan_range, chans_TestRanger) {
  sweep_processors([] {
    const auto numbers = make_chan<int>();
    const auto gone = make_chan<void>();
    together(2, [&](int who) {
      if (who == 0) {
        const goro::defer tell{[&] { gone.close(); }};
        EXPECT_EQ(numbers.recv(), 1);
      } else {
        EXPECT_EQ(goro::select(goro::send_case(numbers, 1), goro::recv_case(gone)), 0U);
        EXPECT_EQ(goro::select(goro::send_case(numbers, 2), goro::recv_case(gone)), 1U);
      }
    });
  });
}

}  // namespace
