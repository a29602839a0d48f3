// Deadlines, after net/timeout_test.go. A deadline must not end a call before its time; that it ends it soon after is
// not tested, for a loaded machine may take any time.
#include <chrono>
#include <vector>

#include "goro/go.hpp"
#include "net_support.hpp"

namespace {

using namespace net_support;
using steady = std::chrono::steady_clock;

// Deadlines that are over, and some that soon will be.
const std::chrono::nanoseconds short_times[] = {-5s, 0s, 5ns, 50us, 1ms, 5ms};

goro::time_point at(std::chrono::nanoseconds d) { return d < 0s ? past() : steady::now() + d; }

// Writes until that fails. One write may always find room in the system's buffers: full as they seem, they may grow.
std::error_code write_until_error(const net::conn& c) {
  std::error_code error;
  const std::string block(std::size_t{64} << 10, 'x');
  while (!error) {
    c.write(block, error);
  }
  return error;
}

// Fills the buffers between the two ends until a write would wait.
void fill(const net::conn& c) {
  c.set_write_deadline(soon(5ms));
  ASSERT_EQ(write_until_error(c), goro::errc::timeout);
}

TEST(net_timeout, TestAcceptTimeout) {
  in_goroutine([] {
    const net::listener l = local_listener();
    for (const auto d : short_times) {
      const auto until = at(d);
      l.set_deadline(until);
      for (int i = 0; i < 3; ++i) {
        std::error_code error;
        const net::conn c = l.accept(error);
        EXPECT_EQ(error, goro::errc::timeout);
        EXPECT_TRUE(error == std::errc::timed_out);
        EXPECT_FALSE(c);
        EXPECT_GE(steady::now(), until);
      }
    }
    // Even a connection that waits is not accepted past the deadline, and is there when the deadline is gone.
    const net::conn c = net::dial("tcp", l.local().to_string());
    l.set_deadline(past());
    EXPECT_EQ(error_of([&](std::error_code& e) { l.accept(e); }), goro::errc::timeout);
    l.set_deadline({});
    EXPECT_TRUE(l.accept());
  });
}

TEST(net_timeout, TestAcceptTimeoutMustReturn) {
  const net::listener l = local_listener();
  l.set_deadline(goro::time_point::max());
  l.set_deadline(soon(10ms));
  EXPECT_EQ(error_of([&](std::error_code& e) { l.accept(e); }), goro::errc::timeout);  // on a foreign thread
}

TEST(net_timeout, TestAcceptTimeoutMustNotReturn) {
  const net::listener l = local_listener();
  const auto returned = goro::make_chan<std::error_code>(1);
  l.set_deadline(soon(5ms));
  l.set_deadline({});
  goro::go([l, returned] { returned.send(error_of([&](std::error_code& e) { l.accept(e); })); });
  goro::sleep(20ms);
  EXPECT_EQ(returned.size(), 0U);
  l.close();
  EXPECT_EQ(returned.recv(), goro::errc::closed);
}

TEST(net_timeout, TestReadTimeout) {
  in_goroutine([] {
    const pair p = connected_pair();
    p.b.write("READ TIMEOUT TEST");
    std::string buffer(64, '\0');
    EXPECT_GT(p.a.read(std::span<char>(buffer)), 0U);
    for (const auto d : short_times) {
      const auto until = at(d);
      p.a.set_read_deadline(until);
      for (int i = 0; i < 3; ++i) {
        std::error_code error;
        EXPECT_EQ(p.a.read(std::span<char>(buffer), error), 0U);
        EXPECT_EQ(error, goro::errc::timeout);
        EXPECT_GE(steady::now(), until);
      }
    }
  });
}

TEST(net_timeout, TestReadTimeoutMustNotReturn) {
  in_goroutine([] {
    const pair p = connected_pair();
    const auto returned = goro::make_chan<std::error_code>(1);
    p.a.set_deadline(past());
    p.a.set_write_deadline(past());
    p.a.set_read_deadline({});
    goro::go([c = p.a, returned] {
      char byte[1];
      returned.send(error_of([&](std::error_code& e) { c.read(byte, e); }));
    });
    goro::sleep(20ms);
    EXPECT_EQ(returned.size(), 0U);
    p.a.close();
    EXPECT_EQ(returned.recv(), goro::errc::closed);
  });
}

TEST(net_timeout, TestReadFromTimeout) {
  in_goroutine([] {
    const net::packet_conn c = net::listen_packet("udp", "127.0.0.1:0");
    std::byte buffer[16];
    net::endpoint from;
    for (const auto d : short_times) {
      const auto until = at(d);
      c.set_read_deadline(until);
      EXPECT_EQ(error_of([&](std::error_code& e) { c.read_from(buffer, from, e); }), goro::errc::timeout);
      EXPECT_GE(steady::now(), until);
    }
  });
}

TEST(net_timeout, TestWriteTimeout) {
  in_goroutine([] {
    const pair p = connected_pair();
    fill(p.a);
    for (const auto d : short_times) {
      const auto until = at(d);
      p.a.set_write_deadline(until);
      for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(write_until_error(p.a), goro::errc::timeout);
        EXPECT_GE(steady::now(), until);
      }
    }
  });
}

TEST(net_timeout, TestWriteTimeoutMustNotReturn) {
  in_goroutine([] {
    const pair p = connected_pair();
    fill(p.a);
    p.a.set_deadline(past());
    p.a.set_read_deadline(past());
    p.a.set_write_deadline({});
    const auto returned = goro::make_chan<std::error_code>(1);
    goro::go([c = p.a, returned] {
      const std::string much(std::size_t{16} << 20, 'y');
      returned.send(error_of([&](std::error_code& e) { c.write(much, e); }));
    });
    goro::sleep(20ms);
    EXPECT_EQ(returned.size(), 0U);
    p.a.close();
    EXPECT_EQ(returned.recv(), goro::errc::closed);
  });
}

TEST(net_timeout, TestWriteToTimeout) {
  in_goroutine([] {
    const net::packet_conn c = net::listen_packet("udp", "127.0.0.1:0");
    const net::packet_conn to = net::listen_packet("udp", "127.0.0.1:0");
    c.set_write_deadline(past());
    EXPECT_EQ(error_of([&](std::error_code& e) { c.write_to(std::as_bytes(std::span("x", 1)), to.local(), e); }),
              goro::errc::timeout);
    c.set_write_deadline({});
    c.write_to("x", to.local());
  });
}

// Not sooner, a hundred times over, each deadline set anew: TestReadTimeoutFluctuation, TestWriteTimeoutFluctuation,
// TestReadFromTimeoutFluctuation.
TEST(net_timeout, TestReadTimeoutFluctuation) {
  in_goroutine([] {
    const pair p = connected_pair();
    const net::packet_conn u = net::listen_packet("udp", "127.0.0.1:0");
    char byte[1];
    net::endpoint from;
    for (int i = 0; i < 100; ++i) {
      const auto until = steady::now() + std::chrono::microseconds(i * 10);
      p.a.set_read_deadline(until);
      u.set_read_deadline(until);
      EXPECT_EQ(error_of([&](std::error_code& e) { p.a.read(byte, e); }), goro::errc::timeout);
      EXPECT_GE(steady::now(), until);
      EXPECT_EQ(error_of([&](std::error_code& e) { u.read_from(std::as_writable_bytes(std::span(byte)), from, e); }),
                goro::errc::timeout);
    }
  });
}

TEST(net_timeout, TestWriteTimeoutFluctuation) {
  in_goroutine([] {
    const pair p = connected_pair();
    fill(p.a);
    for (int i = 0; i < 100; ++i) {
      const auto until = steady::now() + std::chrono::microseconds(i * 10);
      p.a.set_write_deadline(until);
      EXPECT_EQ(write_until_error(p.a), goro::errc::timeout);
      EXPECT_GE(steady::now(), until);
    }
  });
}

// A client with a deadline against a server that sends for ever, over and over.
void various_deadlines(int processor_count) {
  const processors limit(processor_count);
  const net::listener l = local_listener();
  goro::wait_group servers;
  servers.go([l, &servers] {
    std::error_code error;
    for (net::conn c = l.accept(error); !error; c = l.accept(error)) {
      servers.go([c] {
        const std::string block(std::size_t{32} << 10, 'z');
        std::error_code broken;
        while (!broken) {
          c.write(block, broken);
        }
      });
    }
  });
  in_goroutine([l] {
    for (const std::chrono::nanoseconds d :
         std::initializer_list<std::chrono::nanoseconds>{1ns, 100ns, 1us, 10us, 100us, 1ms, 3ms}) {
      for (int run = 0; run < 3; ++run) {
        const net::conn c = net::dial("tcp", l.local().to_string());
        const auto until = steady::now() + d;
        c.set_deadline(until);
        std::error_code error;
        std::string buffer(std::size_t{16} << 10, '\0');
        while (!error) {
          c.read(std::span<char>(buffer), error);
        }
        EXPECT_EQ(error, goro::errc::timeout);
        EXPECT_GE(steady::now(), until);
        c.close();
      }
    }
    l.close();
  });
  servers.wait();
}

TEST(net_timeout, TestVariousDeadlines) { various_deadlines(2); }
TEST(net_timeout, TestVariousDeadlines1Proc) { various_deadlines(1); }
TEST(net_timeout, TestVariousDeadlines4Proc) { various_deadlines(4); }

// Each piece comes in time though all of it takes longer than any one deadline.
TEST(net_timeout, TestReadWriteProlongedTimeout) {
  in_goroutine([] {
    const pair p = connected_pair();
    goro::wait_group both;
    both.go([c = p.b] {
      for (int i = 0; i < 50; ++i) {
        c.set_write_deadline(soon(10s));
        c.write("!");
        goro::sleep(100us);
      }
      c.close();
    });
    std::size_t got = 0;
    for (;;) {
      p.a.set_read_deadline(soon(10s));
      const std::string text = read_text(p.a);
      if (text.empty()) {
        break;
      }
      got += text.size();
    }
    EXPECT_EQ(got, 50U);
    both.wait();
  });
}

TEST(net_timeout, TestReadWriteDeadlineRace) {
  sweep_processors([] {
    const pair p = connected_pair();
    goro::wait_group all;
    all.go([c = p.a] {
      std::error_code error;
      for (int i = 0; i < 100 && !error; ++i) {
        c.set_read_deadline(soon(20us), error);
        c.set_write_deadline(soon(20us), error);
        goro::yield();
      }
    });
    all.go([c = p.a] {
      char byte[1];
      for (int i = 0; i < 100; ++i) {
        const auto e = error_of([&](std::error_code& error) { c.read(byte, error); });
        EXPECT_TRUE(!e || e == goro::errc::timeout || e == goro::errc::closed) << e.message();
      }
    });
    all.go([c = p.a] {
      for (int i = 0; i < 100; ++i) {
        const auto e = error_of([&](std::error_code& error) { c.write("x", error); });
        EXPECT_TRUE(!e || e == goro::errc::timeout || e == goro::errc::closed) << e.message();
      }
    });
    all.go([c = p.b] {
      while (!read_text(c).empty()) {
      }
    });
    goro::sleep(2ms);
    p.a.close();
    all.wait();
  });
}

// Deadlines are moved by many while others read and write.
TEST(net_timeout, TestConcurrentSetDeadline) {
  const pair p = connected_pair();
  together(8, [&](int i) {
    std::error_code error;
    for (int n = 0; n < 100; ++n) {
      p.a.set_deadline(i % 2 == 0 ? past() : goro::time_point{}, error);
      p.a.set_read_deadline(soon(std::chrono::hours(1)), error);
      p.a.set_write_deadline({}, error);
    }
    EXPECT_FALSE(error);
  });
  p.a.set_deadline({});
  p.b.write("still there");
  EXPECT_EQ(read_text(p.a), "still there");
}

// A deadline that is set while a read waits counts for that read, an earlier as well as a later one.
TEST(net_timeout, ADeadlineCountsForACallUnderWay) {
  sweep_processors([] {
    const pair p = connected_pair();
    const auto returned = goro::make_chan<std::error_code>(1);
    goro::go([c = p.a, returned] {
      char byte[1];
      returned.send(error_of([&](std::error_code& e) { c.read(byte, e); }));
    });
    p.a.set_read_deadline(soon(std::chrono::hours(1)));
    goro::yield();
    p.a.set_read_deadline(past());
    EXPECT_EQ(returned.recv(), goro::errc::timeout);
  });
}

}  // namespace
