// Connections as such, after net/net_test.go and net/tcpsock_test.go.
#include <thread>

#include "goro/go.hpp"
#include "net_support.hpp"

namespace {

using namespace net_support;

TEST(net_conn, EchoBetweenGoroutines) {
  const net::listener l = local_listener();
  goro::wait_group served;
  served.go([l] {
    const net::conn c = l.accept();
    for (std::string text = read_text(c); !text.empty(); text = read_text(c)) {
      c.write(text);
    }
  });
  in_goroutine([l] {
    const net::conn c = net::dial("tcp", l.local().to_string());
    for (int i = 0; i < 100; ++i) {
      const std::string text = "message " + std::to_string(i);
      c.write(text);
      EXPECT_EQ(read_text(c), text);
    }
    c.close();
  });
  served.wait();
}

TEST(net_conn, EchoBetweenForeignThreads) {
  const net::listener l = local_listener();
  std::thread server([l] {
    const net::conn c = l.accept();
    for (std::string text = read_text(c); !text.empty(); text = read_text(c)) {
      c.write(text);
    }
  });
  const net::conn c = net::dial("tcp", l.local().to_string());
  for (int i = 0; i < 100; ++i) {
    const std::string text = "message " + std::to_string(i);
    c.write(text);
    EXPECT_EQ(read_text(c), text);
  }
  c.close();
  server.join();
}

TEST(net_conn, AReadDeadlineEndsAWaitingRead) {
  in_goroutine([] {
    const pair p = connected_pair();
    p.a.set_read_deadline(soon(1ms));
    char buffer[8];
    EXPECT_EQ(error_of([&](std::error_code& e) { p.a.read(buffer, e); }), goro::errc::timeout);
    p.a.set_read_deadline({});
    p.b.write("x");
    EXPECT_EQ(read_text(p.a), "x");
  });
}

TEST(net_conn, CloseEndsAWaitingAccept) {
  const net::listener l = local_listener();
  goro::wait_group ended;
  ended.go([l] { EXPECT_EQ(error_of([&](std::error_code& e) { l.accept(e); }), goro::errc::closed); });
  l.close();
  ended.wait();
}

}  // namespace
