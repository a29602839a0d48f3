// Which address gets its turn, and when: after net/dial_test.go (TestDialParallel, TestDialerPartialDeadline) and
// ipsock_test.go.
#include "net/dial.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/clock.hpp"
#include "goro/go.hpp"
#include "goro/net.hpp"
#include "net/address.hpp"
#include "silent_address.hpp"

namespace goro::net::detail {
namespace {

using namespace std::chrono_literals;

const std::string four = "127.0.0.1:0";
const std::string six = "[::1]:0";

// A port on which nobody listens.
endpoint refusing(const std::string& address) {
  const listener l = listen("tcp", address);
  const endpoint e = l.local();
  l.close();
  return e;
}

attempt try_all(const addresses& to, std::chrono::nanoseconds delay, const context& ctx = background()) {
  return dial_addresses(ctx, to, {.fallback_delay = delay});
}

TEST(DialParallel, TheFirstFamilyWinsWhenItAnswers) {
  const listener a = listen("tcp", six);
  const listener b = listen("tcp", four);
  const attempt r = try_all({a.local(), b.local()}, 10s);
  EXPECT_FALSE(r.error);
  EXPECT_FALSE(r.fallback);
  EXPECT_EQ(r.connection.remote(), a.local());
}

// Without waiting for the delay.
TEST(DialParallel, TheOtherFamilyIsTriedAtOnceWhenTheFirstFails) {
  const listener b = listen("tcp", four);
  const attempt r = try_all({refusing(six), refusing(six), b.local()}, std::chrono::hours(1));
  EXPECT_FALSE(r.error);
  EXPECT_TRUE(r.fallback);
  EXPECT_EQ(r.connection.remote(), b.local());
}

TEST(DialParallel, TheOtherFamilyIsTriedBesideASilentOne) {
  const net_support::silent_address a(six);
  const listener b = listen("tcp", four);
  const base::nanoseconds began = base::now_ns();
  const attempt r = try_all({a.where(), b.local()}, 5ms);
  EXPECT_FALSE(r.error);
  EXPECT_TRUE(r.fallback);
  EXPECT_GE(base::now_ns() - began, 5'000'000);
}

// The first one is silent for ever, the other refuses: the first one's chance lasts as long as the context.
TEST(DialParallel, AFailedFallbackDoesNotEndTheFirst) {
  const net_support::silent_address a(six);
  const auto [ctx, cancel] = with_timeout(background(), 20ms);
  const attempt r = try_all({a.where(), refusing(four)}, 0ns, ctx);
  EXPECT_EQ(r.error, errc::timeout);
}

TEST(DialParallel, TheErrorOfTheFirstFamilyIsReported) {
  const attempt r = try_all({refusing(four), refusing(six)}, 0ns);
  EXPECT_TRUE(r.error == std::errc::connection_refused);
  EXPECT_FALSE(r.fallback);
}

TEST(DialParallel, CancelEndsBoth) {
  const net_support::silent_address a(six);
  const net_support::silent_address b(four);
  const auto [ctx, cancel] = with_cancel(background());
  const auto ended = make_chan<std::error_code>(1);
  go([&, ctx = ctx] { ended.send(try_all({a.where(), b.where()}, 0ns, ctx).error); });
  cancel();
  EXPECT_EQ(ended.recv(), errc::canceled);
}

TEST(DialParallel, WithoutDelayAllAreTriedInTurn) {
  const listener b = listen("tcp", four);
  const attempt r = try_all({refusing(six), b.local()}, -1ns);
  EXPECT_FALSE(r.error);
  EXPECT_FALSE(r.fallback);
}

// Each of several silent addresses gets its share of the time, so the last one is reached (Go: partialDeadline).
TEST(DialInTurn, AShortTimeGoesToTheFirst) {
  const net_support::silent_address a(four);
  const listener b = listen("tcp", four);
  const auto [ctx, cancel] = with_timeout(background(), 10ms);
  EXPECT_EQ(try_all({a.where(), b.local()}, 1s, ctx).error, errc::timeout) << "the least share is two seconds";
}

TEST(Address, TestSplitHostPort) {
  const auto split = [](std::string_view text) -> std::string {
    const auto parts = split_host_port(text);
    return parts ? std::string(parts->host) + '|' + std::string(parts->port) : "error";
  };
  EXPECT_EQ(split("localhost:http"), "localhost|http");
  EXPECT_EQ(split("[::1%lo0]:80"), "::1%lo0|80");
  EXPECT_EQ(split(":80"), "|80");
  EXPECT_EQ(split("[::1]:"), "::1|");
  EXPECT_EQ(split("golang.org:"), "golang.org|");
  for (const char* bad : {"", "golang.org", "127.0.0.1", "[::1]", "[::1", "::1:80", "[::1]80", "[foo]bar:80", "fo[o:80",
                          "foo]:80", "[foo:80", "[]]:80", "a:b:80"}) {
    EXPECT_EQ(split(bad), "error") << bad;
  }
}

TEST(Address, TestParseIP) {
  const auto parse = [](std::string_view text) -> std::string {
    const auto ip = parse_ip(text, endpoint::kind::tcp);
    return ip ? ip->host() : "error";
  };
  const std::pair<std::string_view, std::string_view> good[] = {
      {"127.0.1.2", "127.0.1.2"},
      {"::ffff:127.1.2.3", "127.1.2.3"},
      {"::FFFF:7F01:203", "127.1.2.3"},
      {"0:0:0:0:0000:ffff:127.1.2.3", "127.1.2.3"},
      {"2001:4860:0:2001::68", "2001:4860:0:2001::68"},
      {"2001:0DB8::", "2001:db8::"},
      {"::", "::"},
      {"::1", "::1"},
      {"1:0:0:2:0:0:0:3", "1:0:0:2::3"},
      {"1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"},
      {"fe80::1%1", "fe80::1%lo"},
  };
  for (const auto& [text, printed] : good) {
    EXPECT_EQ(parse(text), printed) << text;
  }
  for (const char* bad :
       {"127.0.0.256", "abc", "123:", "fe80::1%no-such-interface", "127.0.0.1.2", "127.0.0", "127.0.0.01", ":::1",
        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "1:2:3:4:5:6:7::8", "", "1.2.3.4:", "::1.2.3"}) {
    EXPECT_EQ(parse(bad), "error") << bad;
  }
}

TEST(Address, TestParsePort) {
  EXPECT_EQ(parse_port("", endpoint::kind::tcp), 0);
  EXPECT_EQ(parse_port("0", endpoint::kind::tcp), 0);
  EXPECT_EQ(parse_port("65535", endpoint::kind::tcp), 65535);
  EXPECT_EQ(parse_port("http", endpoint::kind::tcp), 80);
  for (const char* bad : {"65536", "99999999999999999999", "-1", "+1", "no-such-service"}) {
    EXPECT_EQ(parse_port(bad, endpoint::kind::tcp), -1) << bad;
  }
}

}  // namespace
}  // namespace goro::net::detail
