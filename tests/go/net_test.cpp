// Connections and listeners as such, after net/net_test.go, tcpsock_test.go, conn_test.go, writev_test.go, sendfile_test.go and
// internal/poll/fd_mutex_test.go.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <map>
#include <thread>
#include <vector>

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

TEST(net_conn, TestZeroByteRead) {
  in_goroutine([] {
    const pair p = connected_pair();
    EXPECT_EQ(p.a.read(std::span<std::byte>()), 0U);  // does not wait
    p.a.write(std::string_view());
    p.a.write("x");
    EXPECT_EQ(read_text(p.b), "x");
  });
}

TEST(net_conn, TestNotTemporaryRead) {
  in_goroutine([] {
    const pair p = connected_pair();
    p.b.set_linger(0);
    p.b.close();
    char byte[1];
    EXPECT_TRUE(error_of([&](std::error_code& e) { p.a.read(byte, e); }) == std::errc::connection_reset);
  });
}

TEST(net_conn, TestAcceptIgnoreAbortedConnRequest) {
  in_goroutine([] {
    const net::listener l = local_listener();
    {
      const net::conn c = net::dial("tcp", l.local().to_string());
      c.set_linger(0);
      c.close();  // before it is accepted
    }
    const net::conn second = net::dial("tcp", l.local().to_string());
    second.write("second");
    std::string text;
    while (text.empty()) {  // Linux hands the aborted one out too
      const net::conn c = l.accept();
      std::error_code error;
      text.resize(16);
      text.resize(c.read(std::span<char>(text), error));
    }
    EXPECT_EQ(text, "second");
  });
}

// The text names the operation, the network and both addresses.
TEST(net_conn, TestErrors) {
  in_goroutine([] {
    const auto text_of = [](auto f) -> std::string {
      try {
        f();
      } catch (const std::system_error& e) {
        return e.what();
      }
      return "no error";
    };
    const pair p = connected_pair();
    const std::string ends = p.a.local().to_string() + "->" + p.b.local().to_string();
    char byte[1];
    p.a.set_read_deadline(past());
    EXPECT_EQ(text_of([&] { p.a.read(byte); }), "read tcp " + ends + ": i/o timeout");
    p.a.close();
    EXPECT_EQ(text_of([&] { p.a.write("x"); }), "write tcp " + ends + ": use of closed network connection");
    const net::listener l = local_listener();
    const std::string address = l.local().to_string();
    EXPECT_EQ(text_of([&] { net::listen("tcp", address); }),
              "listen tcp " + address + ": bind: Address already in use");
    l.close();
    EXPECT_EQ(text_of([&] { l.accept(); }), "accept tcp " + address + ": use of closed network connection");
    EXPECT_EQ(text_of([&] { net::dial("tcp", address); }), "dial tcp " + address + ": connect: Connection refused");
    EXPECT_EQ(text_of([&] { net::dial("carrier-pigeon", "x"); }), "dial carrier-pigeon x: unknown network");
    EXPECT_EQ(text_of([&] { net::dial("tcp", "127.0.0.1"); }),
              "dial tcp 127.0.0.1: address is not of the form host:port");
    EXPECT_EQ(text_of([&] { net::listen("tcp", "127.0.0.1:no-such-port"); }),
              "listen tcp 127.0.0.1:no-such-port: unknown port");
    EXPECT_EQ(text_of([] { net::conn().write("x"); }), "write: Invalid argument");
  });
}

// No descriptor left: an error that says so, and all is well when there are some again.
TEST(net_conn, RunningOutOfDescriptorsIsAnError) {
  in_goroutine([] {
    const net::listener l = local_listener();
    const net::conn waiting = net::dial("tcp", l.local().to_string());
    rlimit before;
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit none{static_cast<rlim_t>(waiting.native_handle()), before.rlim_max};  // not one more
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    const std::error_code accepted = error_of([&](std::error_code& e) { l.accept(e); });
    const std::error_code dialed = error_of([&](std::error_code& e) { net::dial("tcp", l.local().to_string(), e); });
    const std::error_code listened = error_of([&](std::error_code& e) { net::listen("tcp", "127.0.0.1:0", e); });
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_TRUE(accepted == std::errc::too_many_files_open) << accepted.message();
    EXPECT_TRUE(dialed == std::errc::too_many_files_open) << dialed.message();
    EXPECT_TRUE(listened == std::errc::too_many_files_open) << listened.message();
    EXPECT_TRUE(l.accept());
  });
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

// A program that waits for the network and for nothing else is no deadlock, however long it is idle; the monitor looks after 20 ms. What comes
// at last is sent by a signal handler, for there must be no thread left that could do something.
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

// internal/poll: TestMutexLock, TestMutexClose, TestMutexCloseUnblock, TestMutexStress. Writes come out whole and reads get whole pieces,
// however many there are at a time.
TEST(net_turns, TestMutexStress) {
  sweep_processors([] {
    const pair p = connected_pair();
    constexpr int writers = 8;
    const int rounds = 2 * scale;
    constexpr std::size_t size = 100'000;  // more than one system call
    goro::wait_group reader;
    std::map<char, int> seen;
    reader.go([&] {
      std::string piece(size, '\0');
      while (p.b.read_full(std::as_writable_bytes(std::span(piece))) == size) {
        EXPECT_EQ(piece.find_first_not_of(piece[0]), std::string::npos) << "two writes were mixed";
        ++seen[piece[0]];
      }
    });
    together(writers, [&](int i) {
      const std::string mine(size, static_cast<char>('a' + i));
      for (int n = 0; n < rounds; ++n) {
        if (n % 2 == 0) {
          p.a.write(mine);
        } else {
          const std::string_view all = mine;
          const net::conn::buffer pieces[] = {std::as_bytes(std::span(all.substr(0, 1))),
                                              {},
                                              std::as_bytes(std::span(all.substr(1, 50'000))),
                                              std::as_bytes(std::span(all.substr(50'001)))};
          p.a.write_buffers(pieces);
        }
      }
    });
    p.a.close_write();
    reader.wait();
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(writers));
    for (const auto& [letter, count] : seen) {
      EXPECT_EQ(count, rounds) << letter;
    }
  });
}

// Nobody gets what another got, and nothing is lost.
TEST(net_turns, ConcurrentReadsShareTheStream) {
  sweep_processors([] {
    const pair p = connected_pair();
    std::atomic<std::size_t> got{0};
    goro::wait_group readers;
    for (int i = 0; i < 6; ++i) {
      readers.go([&] {
        for (std::size_t n = read_text(p.b, 1000).size(); n != 0; n = read_text(p.b, 1000).size()) {
          got += n;
        }
      });
    }
    const std::string block(1 << 16, 'x');
    for (int i = 0; i < 20; ++i) {
      p.a.write(block);
    }
    p.a.close_write();
    readers.wait();
    EXPECT_EQ(got, 20U << 16);
  });
}

// close() among many calls of all kinds: each of them ends, and the descriptor is not used after it.
TEST(net_turns, TestMutexCloseUnblock) {
  sweep_processors([] {
    for (int round = 0; round < 10; ++round) {
      const pair p = connected_pair();
      together(9, [&](int i) {
        std::error_code error;
        char buffer[64];
        const std::string block(1 << 20, 'x');
        if (i == 8) {
          p.a.close();
          return;
        }
        while (!error) {
          if (i % 2 == 0) {
            p.a.read(buffer, error);
          } else {
            p.a.write(block, error);
          }
        }
        EXPECT_EQ(error, goro::errc::closed) << error.message();
      });
    }
  });
}

TEST(net_buffers, TestBuffers_WriteTo) {
  sweep_processors([] {
    for (const int pieces : {0, 1, 2, 63, 64, 65, 200, 1030}) {
      const pair p = connected_pair();
      std::string all;
      std::vector<std::string> parts;
      for (int i = 0; i < pieces; ++i) {
        parts.push_back(std::string(static_cast<std::size_t>(i % 700), static_cast<char>('a' + i % 26)));
        all += parts.back();
      }
      std::vector<net::conn::buffer> buffers;
      for (const std::string& part : parts) {
        buffers.push_back(std::as_bytes(std::span(part)));
      }
      goro::wait_group writer;
      writer.go([&] {
        std::error_code error;
        EXPECT_EQ(p.a.write_buffers(buffers, error), all.size());
        EXPECT_FALSE(error);
        p.a.close_write();
      });
      EXPECT_TRUE(read_all(p.b) == all);
      writer.wait();
    }
  });
}

TEST(net_buffers, TestWritevError) {
  in_goroutine([] {
    const pair p = connected_pair();
    p.a.close_write();
    const net::conn::buffer one = std::as_bytes(std::span("x", 1));
    const net::conn::buffer many[] = {one, one, one};
    std::error_code error;
    EXPECT_EQ(p.a.write_buffers(many, error), 0U);
    EXPECT_TRUE(error == std::errc::broken_pipe);
  });
}

// A file without a name.
class scratch_file {
 public:
  explicit scratch_file(std::string_view content) {
    std::string name = ::testing::TempDir() + "goro-net-XXXXXX";
    descriptor_ = ::mkstemp(name.data());
    ::unlink(name.c_str());
    EXPECT_EQ(::write(descriptor_, content.data(), content.size()), static_cast<ssize_t>(content.size()));
  }
  scratch_file(const scratch_file&) = delete;
  scratch_file& operator=(const scratch_file&) = delete;
  ~scratch_file() { ::close(descriptor_); }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

TEST(net_sendfile, TestSendfile) {
  in_goroutine([] {
    std::string content(3'000'000, '\0');
    for (std::size_t i = 0; i < content.size(); ++i) {
      content[i] = static_cast<char>(i * 31);
    }
    const scratch_file file(content);
    const pair p = connected_pair();
    goro::wait_group writer;
    writer.go([&] {
      EXPECT_EQ(p.a.send_file(file.descriptor(), 0, content.size()), content.size());
      EXPECT_EQ(p.a.send_file(file.descriptor(), 10, 20), 20U);  // TestSendfileSeeked, TestSendfileParts
      EXPECT_EQ(p.a.send_file(file.descriptor(), content.size() - 5, 1000), 5U);  // TestSendfileWithLimitLargerThanFile
      EXPECT_EQ(p.a.send_file(file.descriptor(), 0, 0), 0U);
      p.a.close_write();
    });
    EXPECT_TRUE(read_all(p.b) == content + content.substr(10, 20) + content.substr(content.size() - 5));
    writer.wait();
  });
}

TEST(net_sendfile, TestSendfileOnWriteTimeoutExceeded) {
  in_goroutine([] {
    const scratch_file file(std::string(10'000'000, 'x'));
    const pair p = connected_pair();
    p.a.set_write_deadline(soon(5ms));
    std::error_code error;
    EXPECT_LT(p.a.send_file(file.descriptor(), 0, 10'000'000, error), 10'000'000U);
    EXPECT_EQ(error, goro::errc::timeout);
  });
}

TEST(net_sendfile, ABrokenPipeIsAnErrorAndNoSignal) {
  in_goroutine([] {
    const scratch_file file(std::string(100, 'x'));
    const pair p = connected_pair();
    p.a.close_write();
    EXPECT_TRUE(error_of([&](std::error_code& e) { p.a.send_file(file.descriptor(), 0, 100, e); }) ==
                std::errc::broken_pipe);
  });
}

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
