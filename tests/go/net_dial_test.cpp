// Connecting and names, after net/dial_test.go, ipsock_test.go, lookup_test.go, tcpsock_test.go.
#include <vector>

#include "../unit/net/silent_address.hpp"
#include "goro/context.hpp"
#include "goro/go.hpp"
#include "net_support.hpp"

namespace {

using namespace net_support;

TEST(net_dial, TestDialTimeout) {
  in_goroutine([] {
    const silent_address silent;
    const auto began = std::chrono::steady_clock::now();
    std::error_code error;
    EXPECT_FALSE(net::dial(goro::background(), "tcp", silent.text(), {.timeout = 10ms}, error));
    EXPECT_EQ(error, goro::errc::timeout);
    EXPECT_GE(std::chrono::steady_clock::now() - began, 10ms);
    const auto [ctx, cancel] = goro::with_timeout(goro::background(), 5ms);
    EXPECT_EQ(error_of([&, &ctx = ctx](std::error_code& e) { net::dial(ctx, "tcp", silent.text(), e); }),
              goro::errc::timeout);
  });
}

TEST(net_dial, TestDialTimeoutMaxDuration) {
  in_goroutine([] {
    const net::listener l = local_listener();
    EXPECT_TRUE(
        net::dial(goro::background(), "tcp", l.local().to_string(), {.timeout = std::chrono::nanoseconds::max()}));
  });
}

TEST(net_dial, TestDialCancel) {
  sweep_processors([] {
    const silent_address silent;
    const auto [ctx, cancel] = goro::with_cancel(goro::background());
    const auto returned = goro::make_chan<std::error_code>(1);
    goro::go([&silent, ctx = ctx, returned] {
      returned.send(error_of([&](std::error_code& e) { net::dial(ctx, "tcp", silent.text(), e); }));
    });
    goro::sleep(1ms);
    EXPECT_EQ(returned.size(), 0U);
    cancel();
    EXPECT_EQ(returned.recv(), goro::errc::canceled);
    EXPECT_EQ(error_of([&, &ctx = ctx](std::error_code& e) { net::dial(ctx, "tcp", silent.text(), e); }),
              goro::errc::canceled);
  });
}

// The end of the context does nothing to what is connected already, however close it comes.
TEST(net_dial, TestCancelAfterDial) {
  sweep_processors([] {
    const net::listener l = local_listener();
    for (int i = 0; i < 20; ++i) {
      const auto [ctx, cancel] = goro::with_cancel(goro::background());
      const net::conn c = net::dial(ctx, "tcp", l.local().to_string());
      const net::conn server = l.accept();
      cancel();
      goro::yield();
      c.write("x");
      EXPECT_EQ(read_text(server), "x");
      server.write("y");
      EXPECT_EQ(read_text(c), "y");
    }
    for (int i = 0; i < 50; ++i) {  // at the same time: connected for good, or not at all
      const auto [ctx, cancel] = goro::with_cancel(goro::background());
      goro::go([cancel = cancel] { cancel(); });
      std::error_code error;
      const net::conn c = net::dial(ctx, "tcp", l.local().to_string(), error);
      EXPECT_EQ(static_cast<bool>(c), !error);
      if (c) {
        c.write("x");
      } else {
        EXPECT_EQ(error, goro::errc::canceled) << error.message();
      }
    }
  });
}

TEST(net_dial, TestDialContext) {
  in_goroutine([] {
    const net::listener l = local_listener();
    const auto [ctx, cancel] = goro::with_timeout(goro::background(), 10s);
    EXPECT_TRUE(net::dial(ctx, "tcp", l.local().to_string()));
    const auto [over, cancel_over] = goro::with_timeout(goro::background(), -1s);
    EXPECT_EQ(error_of([&, &over = over](std::error_code& e) { net::dial(over, "tcp", l.local().to_string(), e); }),
              goro::errc::timeout);
  });
}

TEST(net_dial, TestDialWithNonZeroDeadline) {
  in_goroutine([] {
    const net::listener l = local_listener();
    const net::conn c = net::dial(goro::background(), "tcp", l.local().to_string(), {.timeout = 250ms});
    const net::conn s = l.accept();
    goro::sleep(255ms);
    c.write("the time for dialing does not count any more");
    EXPECT_EQ(read_text(s).size(), 44U);
  });
}

TEST(net_dial, TestDialClosedPortFailFast) {
  in_goroutine([] {
    const net::listener l = local_listener();
    l.close();
    EXPECT_TRUE(error_of([&](std::error_code& e) { net::dial("tcp", l.local().to_string(), e); }) ==
                std::errc::connection_refused);
  });
}

TEST(net_dial, TestDialerLocalAddr) {
  in_goroutine([] {
    const net::listener l = local_listener();
    const net::endpoint from = net::resolve("tcp", "127.0.0.2:0");
    const net::conn c = net::dial(goro::background(), "tcp", l.local().to_string(), {.local = from});
    EXPECT_EQ(c.local().host(), "127.0.0.2");
    EXPECT_EQ(l.accept().remote(), c.local());
    // Of the other family.
    EXPECT_TRUE(error_of([&](std::error_code& e) {
      net::dial(goro::background(), "tcp", l.local().to_string(), {.local = net::resolve("tcp", "[::1]:0")}, e);
    }));
  });
}

// No particular address means this machine.
TEST(net_dial, TestDialLocal) {
  in_goroutine([] {
    const net::listener l = net::listen("tcp", ":0");
    const std::string port = ":" + std::to_string(l.local().port());
    for (const std::string host : {"", "0.0.0.0", "[::]", "127.0.0.1", "[::1]", "localhost"}) {
      const net::conn c = net::dial("tcp", host + port);
      const net::conn s = l.accept();
      EXPECT_EQ(s.remote(), c.local()) << host;
    }
    EXPECT_TRUE(net::dial("tcp", l.local().to_string()));  // TestDialListenerAddr: "[::]:port"
  });
}

TEST(net_dial, TestProhibitionaryDialArg) {
  in_goroutine([] {
    const std::pair<std::string, std::string> bad[] = {
        {"tcp", ""},
        {"tcp", "127.0.0.1"},
        {"tcp", "::1:80"},
        {"tcp", "[::1]80"},
        {"tcp", "127.0.0.1:65536"},
        {"tcp", "127.0.0.1:-1"},
        {"tcp6", "127.0.0.1:80"},
        {"tcp4", "[::1]:80"},
        {"unknown", "127.0.0.1:80"},
        {"unix", "/no/such/directory/socket"},
        {"unix", std::string(200, 'x')},
        {"tcp", std::string("a\0b:80", 6)},
    };
    for (const auto& [network, address] : bad) {
      EXPECT_TRUE(error_of([&, &network = network, &address = address](std::error_code& e) {
        net::dial(network, address, e);
      })) << network
          << ' ' << address;
    }
  });
}

TEST(net_dial, TestDialerKeepAlive) {
  in_goroutine([] {
    const net::listener l = local_listener();
    EXPECT_TRUE(net::dial(goro::background(), "tcp", l.local().to_string(), {.keep_alive = -1s}));
    EXPECT_TRUE(net::dial(goro::background(), "tcp", l.local().to_string(), {.keep_alive = 100s}));
    const net::conn c = l.accept();
    c.set_keep_alive(false);
    c.set_no_delay(false);
    c.set_read_buffer(1 << 16);
    c.set_write_buffer(1 << 16);
    c.close();
    EXPECT_EQ(error_of([&](std::error_code& e) { c.set_no_delay(true, e); }), goro::errc::closed);
  });
}

TEST(net_dial, TestDialerDualStackFDLeak) {
  in_goroutine([] {
    const net::listener l = local_listener();
    const int before = l.native_handle();
    for (int i = 0; i < 100; ++i) {
      net::dial("tcp", "localhost:" + std::to_string(l.local().port()));
    }
    const net::conn c = net::dial("tcp", l.local().to_string());
    EXPECT_LT(c.native_handle(), before + 110);  // those not yet accepted belong to the system
  });
}

TEST(net_lookup, NumbersNeedNoLookup) {
  const auto answer = net::lookup_host(goro::background(), "127.0.0.1");
  ASSERT_EQ(answer.size(), 1U);
  EXPECT_EQ(answer[0].host(), "127.0.0.1");
  EXPECT_EQ(net::lookup_host(goro::background(), "::1")[0].host(), "::1");
  EXPECT_EQ(error_of([](std::error_code& e) { net::lookup_host(goro::background(), "::1", "ip4", e); }),
            net::resolve_errc::no_suitable_address);
}

// Many at the same time, from goroutines and threads; one answer for all.
TEST(net_lookup, TestLookupHostConcurrently) {
  sweep_processors([] {
    together(16, [](int) {
      const auto answer = net::lookup_host(goro::background(), "localhost", "ip4");
      ASSERT_FALSE(answer.empty());
      EXPECT_EQ(answer[0].host(), "127.0.0.1");
    });
  });
}

TEST(net_lookup, TestLookupContextCancel) {
  const auto [ctx, cancel] = goro::with_cancel(goro::background());
  cancel();
  EXPECT_EQ(error_of([&, &ctx = ctx](std::error_code& e) { net::lookup_host(ctx, "localhost", e); }),
            goro::errc::canceled);
  EXPECT_EQ(error_of([&, &ctx = ctx](std::error_code& e) { net::dial(ctx, "tcp", "localhost:80", e); }),
            goro::errc::canceled);
}

TEST(net_lookup, BadNamesAreErrors) {
  in_goroutine([] {
    EXPECT_EQ(error_of([](std::error_code& e) { net::lookup_host(goro::background(), "", e); }),
              net::resolve_errc::no_such_host);
    EXPECT_TRUE(error_of([](std::error_code& e) { net::lookup_host(goro::background(), "no such host", e); }));
    EXPECT_EQ(error_of([](std::error_code& e) { net::lookup_host(goro::background(), "localhost", "tcp", e); }),
              net::resolve_errc::unknown_network);
    EXPECT_EQ(make_error_code(net::resolve_errc::no_such_host).message(), "no such host");
  });
}

TEST(net_resolve, TestResolveTCPAddr) {
  const std::pair<std::string, std::string> good[] = {
      {"127.0.0.1:0", "127.0.0.1:0"},
      {"127.0.0.1:65535", "127.0.0.1:65535"},
      {"[::1]:0", "[::1]:0"},
      {"[::1%lo]:80", "[::1%lo]:80"},
      {"127.0.0.1:http", "127.0.0.1:80"},
      {"[::ffff:127.0.0.1]:0", "127.0.0.1:0"},
      {"[2001:DB8::1]:1", "[2001:db8::1]:1"},
  };
  for (const auto& [text, printed] : good) {
    EXPECT_EQ(net::resolve("tcp", text).to_string(), printed);
  }
  EXPECT_EQ(net::resolve("udp", "127.0.0.1:domain").port(), 53);
  EXPECT_EQ(net::resolve("unix", "/run/x").to_string(), "/run/x");
  EXPECT_EQ(error_of([](std::error_code& e) { net::resolve("http", "127.0.0.1:80", e); }),
            net::resolve_errc::unknown_network);
  EXPECT_EQ(error_of([](std::error_code& e) { net::resolve("tcp", "127.0.0.1:no-such-service", e); }),
            net::resolve_errc::unknown_port);
}

}  // namespace
