// Which addresses a listener is for, after net/listen_test.go and tcpsock_test.go.
#include <atomic>
#include <string>

#include "net_support.hpp"

namespace {

using namespace net_support;

// Two listeners on one port.
TEST(net_listen, ReusePortSharesConnections) {
  in_goroutine([] {
    const net::listen_options shared{.backlog = 16, .reuse_port = true};
    const net::listener first = net::listen("tcp", "127.0.0.1:0", shared);
    const net::listener second = net::listen("tcp", first.local().to_string(), shared);
    EXPECT_EQ(first.local(), second.local());
    std::atomic<int> accepted{0};
    goro::wait_group servers;
    for (const net::listener& l : {first, second}) {
      servers.go([l, &accepted] {
        std::error_code error;
        for (net::conn c = l.accept(error); !error; c = l.accept(error)) {
          ++accepted;
          c.write("x");
        }
      });
    }
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(read_text(net::dial("tcp", first.local().to_string())), "x");
    }
    first.close();
    second.close();
    servers.wait();
    EXPECT_EQ(accepted, 20);
  });
}

TEST(net_listen, TestDualStackTCPListener) {
  in_goroutine([] {
    const net::listener both = net::listen("tcp", ":0");
    const std::string port = ":" + std::to_string(both.local().port());
    const net::conn four = net::dial("tcp", "127.0.0.1" + port);
    EXPECT_TRUE(both.accept().remote().is_ip4());
    const net::conn six = net::dial("tcp", "[::1]" + port);
    EXPECT_TRUE(both.accept().remote().is_ip6());
    const net::listener only_six = net::listen("tcp6", "[::]:0");
    EXPECT_TRUE(error_of([&](std::error_code& e) {
                  net::dial("tcp", "127.0.0.1:" + std::to_string(only_six.local().port()), e);
                }) == std::errc::connection_refused);
    const net::listener only_four = net::listen("tcp4", ":0");
    EXPECT_TRUE(only_four.local().is_ip4());
  });
}

TEST(net_listen, TestTCPListener) {
  in_goroutine([] {
    const net::listener l = local_listener();
    EXPECT_TRUE(error_of([&](std::error_code& e) { net::listen("tcp", l.local().to_string(), e); }) ==
                std::errc::address_in_use);
    EXPECT_EQ(l.local().network(), "tcp");
    EXPECT_NE(l.local().port(), 0);
    EXPECT_EQ(l.local().host(), "127.0.0.1");
  });
}

}  // namespace
