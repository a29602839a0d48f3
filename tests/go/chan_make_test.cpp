// Making channels, their size and capacity, and what a handle is. After test/chancap.go, chan/zerosize.go and the parts
// of TestChan and fixedbugs about make.
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

#include "chan_support.hpp"

using namespace support;

namespace {

TEST(chan_make, chancap) {
  auto c = make_chan<int>(10);
  EXPECT_EQ(c.size(), 0U);
  EXPECT_EQ(c.capacity(), 10U);
  for (int i = 0; i < 3; ++i) {
    c.send(i);
  }
  EXPECT_EQ(c.size(), 3U);
  EXPECT_EQ(c.capacity(), 10U);
  c = make_chan<int>();
  EXPECT_EQ(c.size(), 0U);
  EXPECT_EQ(c.capacity(), 0U);
}

// A negative number converted, more than there are addresses, and products that overflow.
TEST(chan_make, chancap_SizeOutOfRange) {
  const std::string text = "makechan: size out of range";
  EXPECT_TRUE(panics_with(text, [] { (void)make_chan<int>(static_cast<std::size_t>(-1)); }));
  EXPECT_TRUE(panics_with(text, [] { (void)make_chan<int>(std::size_t{1} << 59); }));
  EXPECT_TRUE(panics_with(text, [] { (void)make_chan<int>(std::numeric_limits<std::int64_t>::max()); }));
  EXPECT_TRUE(panics_with(text, [] { (void)make_chan<char>(std::size_t{1} << 63); }));
  struct big {
    char bytes[1 << 16];
  };
  EXPECT_TRUE(panics_with(text, [] { (void)make_chan<big>((std::size_t{1} << 48) + 1); }))
      << "the product wraps round to 65536";
}

TEST(chan_make, TestChan_SizeAndCapacity) {
  for (std::size_t capacity = 0; capacity < 20; ++capacity) {
    const auto c = make_chan<int>(capacity);
    EXPECT_EQ(c.size(), 0U);
    EXPECT_EQ(c.capacity(), capacity);
    for (std::size_t i = 0; i < capacity; ++i) {
      c.send(0);
      EXPECT_EQ(c.size(), i + 1);
    }
    EXPECT_EQ(c.capacity(), capacity);
    c.close();
    EXPECT_EQ(c.size(), capacity) << "closing keeps what was sent";
    EXPECT_EQ(c.capacity(), capacity);
    for (std::size_t i = 0; i < capacity; ++i) {
      c.recv();
    }
    EXPECT_EQ(c.size(), 0U);
  }
}

// Those who wait do not count.
TEST(chan_make, WaitersAreNotInTheSize) {
  const auto c = full_chan(2);
  together(2, [&](int i) {
    if (i == 0) {
      c.send(2);
    } else {
      let_others_run();
      EXPECT_EQ(c.size(), 2U);
      EXPECT_EQ(c.recv(), 0);
    }
  });
  EXPECT_EQ(c.size(), 2U);
}

TEST(chan_make, zerosize) {
  struct nothing {};
  EXPECT_TRUE(make_chan<nothing>());
  EXPECT_TRUE(make_chan<void>());
  const auto c = make_chan<nothing>(1);
  EXPECT_EQ(c.try_send({}), chan_status::success);
  EXPECT_EQ(c.try_send({}), chan_status::full);
  EXPECT_EQ(c.size(), 1U);
  EXPECT_TRUE(c.recv());
  EXPECT_EQ(c.size(), 0U);
  const auto v = make_chan<void>(1);
  v.send();
  EXPECT_EQ(v.size(), 1U);
  EXPECT_EQ(v.capacity(), 1U);
  EXPECT_TRUE(v.recv());
}

// However many fit, the elements of size zero take no room worth speaking of.
TEST(chan_make, ManyEmptyElementsNeedNoMemory) {
  const auto c = make_chan<void>(std::size_t{1} << 40);
  EXPECT_EQ(c.capacity(), std::size_t{1} << 40);
  c.send();
  c.send();
  EXPECT_EQ(c.size(), 2U);
  EXPECT_TRUE(c.recv());
}

TEST(chan_make, TheNilChannel) {
  const chan<int> c;
  EXPECT_FALSE(c);
  EXPECT_EQ(c.size(), 0U);
  EXPECT_EQ(c.capacity(), 0U);
  EXPECT_EQ(c, chan<int>());
  EXPECT_FALSE(goro::send_chan<int>(c));
  EXPECT_FALSE(goro::recv_chan<int>(c));
  EXPECT_FALSE(chan<void>());
}

// A copy of a handle is the same channel.
TEST(chan_make, HandlesAreEqualWhenTheChannelIsTheSame) {
  const auto a = make_chan<int>(1);
  const auto b = make_chan<int>(1);
  const chan<int> copy = a;
  EXPECT_TRUE(a);
  EXPECT_EQ(a, copy);
  EXPECT_NE(a, b);
  EXPECT_NE(a, chan<int>());
  copy.send(1);
  EXPECT_EQ(a.recv(), 1);
  const goro::send_chan<int> to = a;
  const goro::recv_chan<int> from = a;
  EXPECT_EQ(to, goro::send_chan<int>(copy));
  EXPECT_NE(to, goro::send_chan<int>(b));
  EXPECT_EQ(from, goro::recv_chan<int>(copy));
  EXPECT_NE(from, goro::recv_chan<int>());
}

TEST(chan_make, MovedFromHandlesAreNil) {
  auto a = make_chan<int>(1);
  const auto b = std::move(a);
  EXPECT_TRUE(b);
  EXPECT_FALSE(a);  // NOLINT(bugprone-use-after-move): that is the point
  static_assert(std::is_nothrow_move_constructible_v<chan<int>>);
}

// The parts of chan/perm.go that compile; those that do not are tests/compile_fail.
TEST(chan_make, perm_Directions) {
  const auto c = make_chan<int>(2);
  const goro::send_chan<int> to = c;
  const goro::recv_chan<int> from = c;
  to.send(1);
  EXPECT_EQ(to.try_send(2), chan_status::success);
  EXPECT_EQ(to.try_send(3), chan_status::full);
  EXPECT_EQ(to.size(), 2U);
  EXPECT_EQ(from.size(), 2U);
  EXPECT_EQ(to.capacity(), 2U);
  EXPECT_EQ(from.capacity(), 2U);
  EXPECT_EQ(from.recv(), 1);
  EXPECT_EQ(goro::select(goro::recv_case(from)), 0U);
  EXPECT_EQ(goro::select(goro::send_case(to, 4)), 0U);
  to.close();
  int sum = 0;
  for (const int v : from) {
    sum += v;
  }
  EXPECT_EQ(sum, 4);
}

}  // namespace
