// Connections and listeners are closed, as a whole or one way, while others use them, after net/net_test.go and
// tcpsock_test.go.
#include <string>
#include <thread>
#include <vector>

#include "goro/go.hpp"
#include "net_support.hpp"

namespace {

using namespace net_support;

TEST(net_conn, TestCloseRead) {
  in_goroutine([] {
    const pair p = connected_pair();
    p.a.close_read();
    EXPECT_EQ(read_text(p.a), "");
    p.a.write("the other way goes on");
    EXPECT_EQ(read_text(p.b), "the other way goes on");
  });
}

TEST(net_conn, TestCloseWrite) {
  in_goroutine([] {
    const pair p = connected_pair();
    p.a.write("last words");
    p.a.close_write();
    EXPECT_EQ(read_all(p.b), "last words");
    EXPECT_TRUE(error_of([&](std::error_code& e) { p.a.write("x", e); }) == std::errc::broken_pipe);  // and no SIGPIPE
    p.b.write("answer");
    p.b.close_write();
    EXPECT_EQ(read_all(p.a), "answer");
  });
}

TEST(net_conn, TestConnClose) {
  in_goroutine([] {
    const pair p = connected_pair();
    p.a.close();
    EXPECT_EQ(error_of([&](std::error_code& e) { p.a.close(e); }), goro::errc::closed);
    p.a.close();  // says nothing
    EXPECT_EQ(error_of([&](std::error_code& e) { p.a.write("x", e); }), goro::errc::closed);
    EXPECT_EQ(error_of([&](std::error_code& e) { p.a.set_deadline({}, e); }), goro::errc::closed);
    char byte[1];
    EXPECT_EQ(error_of([&](std::error_code& e) { p.a.read(byte, e); }), goro::errc::closed);
    EXPECT_EQ(error_of([&](std::error_code& e) { p.a.close_write(e); }), goro::errc::closed);
    EXPECT_EQ(p.a.remote(), p.b.local());  // still known
    EXPECT_EQ(read_text(p.b), "");
  });
}

TEST(net_conn, TestListenerClose) {
  in_goroutine([] {
    const net::listener l = local_listener();
    l.close();
    EXPECT_EQ(error_of([&](std::error_code& e) { l.close(e); }), goro::errc::closed);
    EXPECT_EQ(error_of([&](std::error_code& e) { l.accept(e); }), goro::errc::closed);
    EXPECT_TRUE(error_of([&](std::error_code& e) { net::dial("tcp", l.local().to_string(), e); }) ==
                std::errc::connection_refused);
  });
}

// Those who wait in accept() are sent away, and the port is free when close() returns.
TEST(net_conn, TestTCPListenAfterClose) {
  sweep_processors([] {
    net::listener l = local_listener();
    const std::string address = l.local().to_string();
    for (int round = 0; round < 10; ++round) {
      goro::wait_group waiting;
      for (int i = 0; i < 4; ++i) {
        waiting.go([l] { EXPECT_EQ(error_of([&](std::error_code& e) { l.accept(e); }), goro::errc::closed); });
      }
      goro::yield();
      l.close();
      waiting.wait();
      l = net::listen("tcp", address);
    }
  });
}

TEST(net_conn, TestCloseUnblocksRead) {
  sweep_processors([] {
    const pair p = connected_pair();
    goro::wait_group waiting;
    std::vector<std::thread> threads;
    const auto read = [c = p.a] {
      char byte[1];
      EXPECT_EQ(error_of([&](std::error_code& e) { c.read(byte, e); }), goro::errc::closed);
    };
    for (int i = 0; i < 3; ++i) {
      waiting.go(read);
      threads.emplace_back(read);
    }
    goro::sleep(1ms);
    p.a.close();
    waiting.wait();
    for (auto& t : threads) {
      t.join();
    }
  });
}

// Handles are copies of one thing; the last one closes it.
TEST(net_conn, TheLastHandleCloses) {
  in_goroutine([] {
    pair p = connected_pair();
    net::conn copy = p.a;
    p.a = {};
    copy.write("open");
    EXPECT_EQ(read_text(p.b), "open");
    copy = {};
    EXPECT_EQ(read_text(p.b), "");
  });
}

}  // namespace
