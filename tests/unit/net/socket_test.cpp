// What a socket tells without waiting.
#include "net/socket.hpp"

#include <gtest/gtest.h>

#include <array>

#include "goro/go.hpp"
#include "goro/net.hpp"
#include "goro/time.hpp"

namespace goro::net::detail {
namespace {

using namespace std::chrono_literals;

struct pair_of_ends {
  pair_of_ends() {
    const listener l = listen("tcp", "127.0.0.1:0");
    here = dial("tcp", l.local().to_string());
    there = l.accept();
  }
  bool quiet() const { return socket::of(here)->is_quiet(); }
  // What the other end has done arrives soon.
  bool becomes_loud() const {
    for (int i = 0; i < 10000 && quiet(); ++i) {
      goro::sleep(1ms);
    }
    return !quiet();
  }
  conn here, there;
};

TEST(QuietSocket, NothingHasArrived) {
  const pair_of_ends p;
  EXPECT_TRUE(p.quiet());
  p.here.write("to the other end");
  EXPECT_TRUE(p.quiet());
}

TEST(QuietSocket, WhatHasArrivedStaysThere) {
  const pair_of_ends p;
  p.there.write("abc");
  EXPECT_TRUE(p.becomes_loud());
  EXPECT_FALSE(p.quiet());
  std::array<char, 4> got{};
  EXPECT_EQ(p.here.read(std::span<char>(got)), 3U);
  EXPECT_STREQ(got.data(), "abc");
  EXPECT_TRUE(p.quiet());
}

TEST(QuietSocket, TheOtherEndHasClosed) {
  const pair_of_ends p;
  p.there.close();
  EXPECT_TRUE(p.becomes_loud());
}

TEST(QuietSocket, TheOtherEndHasReset) {
  const pair_of_ends p;
  p.there.set_linger(0);
  p.there.close();
  EXPECT_TRUE(p.becomes_loud());
}

TEST(QuietSocket, ThisEndHasClosed) {
  const pair_of_ends p;
  p.here.close();
  EXPECT_FALSE(p.quiet());
}

}  // namespace
}  // namespace goro::net::detail
