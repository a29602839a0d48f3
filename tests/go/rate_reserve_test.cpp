// Reservations of goro::rate::limiter. Names in capitals are those of Go's x/time/rate/rate_test.go.
#include "rate_support.hpp"

using namespace support;
using goro::rate::limiter;

namespace {

TEST(time_rate_reserve, TestSimpleReserve) {
  limiter l(10, 2);
  reserves(l, d0, 2, d0);
  reserves(l, d0, 2, d2);
  reserves(l, d3, 2, d4);
}

TEST(time_rate_reserve, TestMix) {
  limiter l(10, 2);
  refuses(l, d0, 3);  // more than the burst
  reserves(l, d0, 2, d0);
  EXPECT_DOUBLE_EQ(l.tokens_at(d1), 1);
  EXPECT_FALSE(l.allow_n(d1, 2));
  reserves(l, d1, 2, d2);
  EXPECT_DOUBLE_EQ(l.tokens_at(d1), -1);
  EXPECT_FALSE(l.allow_n(d1, 1));
  EXPECT_DOUBLE_EQ(l.tokens_at(d3), 1);
  EXPECT_TRUE(l.allow_n(d3, 1));
}

TEST(time_rate_reserve, TestCancelInvalid) {
  limiter l(10, 2);
  reserves(l, d0, 2, d0);
  auto r = refuses(l, d0, 3);
  r.cancel_at(d0);  // nothing to give back
  reserves(l, d0, 2, d2);
}

TEST(time_rate_reserve, TestCancelLast) {
  limiter l(10, 2);
  reserves(l, d0, 2, d0);
  auto r = reserves(l, d0, 2, d2);
  r.cancel_at(d1);
  reserves(l, d1, 2, d2);
}

TEST(time_rate_reserve, TestCancelTooLate) {
  limiter l(10, 2);
  reserves(l, d0, 2, d0);
  auto r = reserves(l, d0, 2, d2);
  r.cancel_at(d3);
  reserves(l, d3, 2, d4);
}

TEST(time_rate_reserve, TestCancel0Tokens) {
  limiter l(10, 2);
  reserves(l, d0, 2, d0);
  auto r = reserves(l, d0, 1, d1);
  reserves(l, d0, 1, d2);
  r.cancel_at(d0);  // the next one counts on it
  reserves(l, d0, 1, d3);
}

TEST(time_rate_reserve, TestCancel1Token) {
  limiter l(10, 2);
  reserves(l, d0, 2, d0);
  auto r = reserves(l, d0, 2, d2);
  reserves(l, d0, 1, d3);
  r.cancel_at(d2);  // one of two
  reserves(l, d2, 2, d4);
}

TEST(time_rate_reserve, TestCancelMulti) {
  limiter l(10, 4);
  reserves(l, d0, 4, d0);
  auto first = reserves(l, d0, 3, d3);
  reserves(l, d0, 1, d4);
  auto last = reserves(l, d0, 1, d5);
  last.cancel_at(d1);   // one
  first.cancel_at(d1);  // two, as if the last had never been
  reserves(l, d1, 3, d5);
}

TEST(time_rate_reserve, TestReserveJumpBack) {
  limiter l(10, 2);
  reserves(l, d1, 2, d1);
  reserves(l, d0, 1, d1);
  reserves(l, d2, 2, d3);
  refuses(l, d0, 3);  // and changes nothing
  reserves(l, d2, 1, d4);
  refuses(l, d0, 2, step);  // neither does this one
  reserves(l, d2, 1, d5);
}

TEST(time_rate_reserve, TestReserveJumpBackCancel) {
  limiter l(10, 2);
  reserves(l, d1, 2, d1);
  auto r = reserves(l, d1, 2, d3);
  reserves(l, d1, 1, d4);
  r.cancel_at(d0);  // one
  reserves(l, d1, 2, d4);
}

TEST(time_rate_reserve, TestReserveSetLimit) {
  limiter l(5, 2);
  reserves(l, d0, 2, d0);
  reserves(l, d0, 2, d4);
  l.set_limit_at(d2, 10);
  EXPECT_EQ(l.limit(), 10);
  reserves(l, d2, 1, d4);
}

TEST(time_rate_reserve, TestReserveSetBurst) {
  limiter l(5, 2);
  reserves(l, d0, 2, d0);
  reserves(l, d0, 2, d4);
  l.set_burst_at(d3, 4);
  EXPECT_EQ(l.burst(), 4);
  reserves(l, d0, 4, d9);
}

TEST(time_rate_reserve, TestReserveSetLimitCancel) {
  limiter l(5, 2);
  reserves(l, d0, 2, d0);
  auto r = reserves(l, d0, 2, d4);
  l.set_limit_at(d2, 10);
  r.cancel_at(d2);  // both
  reserves(l, d2, 2, d3);
}

TEST(time_rate_reserve, TestReserveMax) {
  limiter l(10, 2);
  EXPECT_TRUE(l.reserve_n(d0, 2, step).ok());
  EXPECT_EQ(l.reserve_n(d0, 1, step).delay_from(d0), step);
  refuses(l, d0, 1, step);  // too far away
}

TEST(time_rate_reserve, ADelayShrinksAsTimePasses) {
  limiter l(10, 1);
  reserves(l, d0, 1, d0);
  const auto r = reserves(l, d0, 1, d1);
  EXPECT_EQ(r.delay_from(d0 + step / 2), step / 2);
  EXPECT_EQ(r.delay_from(d5), 0ns);
}

}  // namespace
