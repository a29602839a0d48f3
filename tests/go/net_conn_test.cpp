// Two ends of a connection talk, after net/conn_test.go and tcpsock_test.go.
#include <sys/time.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <thread>

#include "goro/detail/config.hpp"
#include "goro/go.hpp"
#include "net_support.hpp"
#include "yielding_crowd.hpp"

namespace {

using namespace net_support;

void echo(const net::conn& c) {
  std::error_code error;
  std::byte buffer[4096];
  for (std::size_t n = c.read(buffer, error); n != 0; n = c.read(buffer, error)) {
    c.write(std::span(buffer, n), error);
  }
}

// Answers until the listener is closed.
void serve(const net::listener& l) {
  std::error_code error;
  for (net::conn c = l.accept(error); !error; c = l.accept(error)) {
    goro::go([c] { echo(c); });
  }
}

void talk(const net::endpoint& to, int turns) {
  const net::conn c = net::dial("tcp", to.to_string());
  for (int i = 0; i < turns; ++i) {
    const std::string text = "message " + std::to_string(i);
    c.write(text);
    std::string answer(text.size(), '\0');
    EXPECT_EQ(c.read_full(std::as_writable_bytes(std::span(answer))), text.size());
    EXPECT_EQ(answer, text);
  }
}

TEST(net_conn, TestConnAndListener) {
  sweep_processors([] {
    for (const std::string network : {"tcp", "tcp4", "tcp6", "unix"}) {
      const net::listener l = net::listen(network, network == "unix"   ? "@goro-test-" + std::to_string(::getpid())
                                                   : network == "tcp6" ? "[::1]:0"
                                                                       : "127.0.0.1:0");
      EXPECT_EQ(l.local().network(), network == "unix" ? "unix" : "tcp");
      goro::go([l] { serve(l); });
      const net::conn c = net::dial(network, l.local().to_string());
      c.set_deadline(soon(10s));
      EXPECT_EQ(c.remote(), l.local());
      c.write("hello");
      EXPECT_EQ(read_text(c), "hello");
      l.close();
    }
  });
}

// The poller is looked at, though there is always something to run.
TEST(net_conn, AReaderIsServedBesideManyThatYield) {
  const processors one(1);
  const pair connected = connected_pair();
  yielding_crowd crowd;
  std::string got;
  goro::wait_group ended;
  ended.go([&] { got = read_text(connected.b); });
  ASSERT_TRUE(crowd.all_have_turns());  // it waits
  connected.a.write("late");
  ended.wait();
  EXPECT_EQ(got, "late");
}

// Goroutines and foreign threads on both sides.
TEST(net_conn, TestTCPStress) {
  sweep_processors([] {
    const net::listener l = local_listener();
    goro::go([l] { serve(l); });
    std::thread also([l] { serve(l); });
    together(10, [&](int) { talk(l.local(), 10 * scale); });
    l.close();
    also.join();
  });
}

TEST(net_conn, TestTCPConcurrentAccept) {
  const net::listener l = local_listener();
  goro::wait_group servers;
  for (int i = 0; i < 10; ++i) {
    servers.go([l] { serve(l); });
  }
  together(50, [&](int) { talk(l.local(), 1); });
  l.close();
  servers.wait();
}

// Much more than the system's buffers hold, as it was sent.
TEST(net_conn, TestTCPBig) {
  sweep_processors([] {
    const pair p = connected_pair();
    std::string sent(std::size_t{2} << 20, '\0');
    for (std::size_t i = 0; i < sent.size(); ++i) {
      sent[i] = static_cast<char>(i * 7 + (i >> 12));
    }
    goro::wait_group writer;
    writer.go([&] {
      p.a.write(sent);
      p.a.close_write();
    });
    EXPECT_TRUE(read_all(p.b) == sent);
    writer.wait();
  });
}

TEST(net_conn, TestZeroByteRead) {
  in_goroutine([] {
    const pair p = connected_pair();
    EXPECT_EQ(p.a.read(std::span<std::byte>()), 0U);  // does not wait
    p.a.write(std::string_view());
    p.a.write("x");
    EXPECT_EQ(read_text(p.b), "x");
  });
}

TEST(net_conn, TestReadTimeoutUnblocksRead) {
  const pair p = connected_pair();
  goro::wait_group waiting;
  waiting.go([c = p.a] {
    char byte[1];
    EXPECT_EQ(error_of([&](std::error_code& e) { c.read(byte, e); }), goro::errc::timeout);
  });
  goro::sleep(1ms);
  p.a.set_read_deadline(past());
  waiting.wait();
}

// Plain memory, handed over by a message. The race detector must see the order.
TEST(net_conn, AWriteHappensBeforeTheReadOfIt) {
  sweep_processors([] {
    const pair p = connected_pair();
    int shared = 0;
    goro::wait_group other;
    other.go([&] {
      for (int i = 0; i < 100; ++i) {
        read_text(p.b, 1);
        ++shared;
        p.b.write("x");
      }
    });
    for (int i = 0; i < 100; ++i) {
      ++shared;
      p.a.write("x");
      read_text(p.a, 1);
    }
    EXPECT_EQ(shared, 200);
    other.wait();
  });
}

// A program that waits for the network and for nothing else is no deadlock, however long it is idle; the monitor looks
// after 20 ms. What comes at last is sent by a signal handler, for there must be no thread left that could do
// something.
int late_sender = -1;

TEST(net_conn, WaitingForTheNetworkIsNoDeadlock) {
  if (GORO_WITH_TSAN) {
    GTEST_SKIP() << "ThreadSanitizer holds a program's signal handler back while its thread sleeps in a raw futex";
  }
  const pair p = connected_pair();
  late_sender = p.a.native_handle();
  struct sigaction send = {};
  send.sa_handler = [](int) { [[maybe_unused]] const auto n = ::write(late_sender, "late", 4); };
  struct sigaction before;
  ASSERT_EQ(::sigaction(SIGALRM, &send, &before), 0);
  const itimerval once{{0, 0}, {0, 200'000}};
  ASSERT_EQ(::setitimer(ITIMER_REAL, &once, nullptr), 0);
  EXPECT_EQ(read_text(p.b), "late");
  ::sigaction(SIGALRM, &before, nullptr);
}

}  // namespace
