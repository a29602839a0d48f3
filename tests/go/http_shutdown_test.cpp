// The ends of a server and its time limits. Names in capitals are those of Go's net/http/serve_test.go and
// server_test.go.
#include <sys/resource.h>

#include "http_support.hpp"

using namespace http_support;
using support::eventually;

namespace {

std::chrono::steady_clock::time_point now() { return std::chrono::steady_clock::now(); }

TEST(http_shutdown, TestServerShutdown) {
  goro::chan<void> hooked = goro::make_chan<void>(1);
  goro::chan<void> in_handler = goro::make_chan<void>();
  running s([&](auto& w, auto&) {
    in_handler.send();
    goro::sleep(20ms);
    w.write("whole");
  });
  s.server.on_shutdown([&] { hooked.send(); });
  raw_client busy = s.client();
  busy.send(get_root);
  in_handler.recv();
  EXPECT_FALSE(s.server.shutdown(goro::background()));
  EXPECT_EQ(s.served, goro::errc::server_closed);
  hooked.recv();
  const reply r = busy.read();
  EXPECT_EQ(r.body, "whole") << "a request that runs is finished";
  EXPECT_EQ(r["Connection"], "close");
  EXPECT_TRUE(busy.closed());
  std::error_code error;
  net::dial("tcp", s.at().to_string(), error);
  EXPECT_TRUE(error) << "nobody listens any more";
}

TEST(http_shutdown, ServeReturnsAtOnceWhileShutdownWaits) {
  goro::chan<void> in_handler = goro::make_chan<void>();
  goro::chan<void> go_on = goro::make_chan<void>();
  running s([&](auto&, auto&) {
    in_handler.send();
    go_on.recv();
  });
  raw_client c = s.client();
  c.send(get_root);
  in_handler.recv();
  std::error_code result = goro::errc::closed;
  goro::wait_group ended;
  ended.go([&] { result = s.server.shutdown(goro::background()); });
  s.serving.wait();
  EXPECT_EQ(s.served, goro::errc::server_closed);
  EXPECT_EQ(result, goro::errc::closed) << "shutdown has not returned";
  go_on.send();
  ended.wait();
  EXPECT_FALSE(result);
}

TEST(http_shutdown, ShutdownReturnsTheContextsError) {
  goro::chan<void> in_handler = goro::make_chan<void>();
  goro::chan<void> go_on = goro::make_chan<void>();
  running s([&](auto&, auto&) {
    in_handler.send();
    go_on.recv();
  });
  raw_client c = s.client();
  c.send(get_root);
  in_handler.recv();
  const auto timeout = goro::with_timeout(goro::background(), 5ms);
  EXPECT_EQ(s.server.shutdown(timeout.ctx), goro::errc::deadline_exceeded);
  const auto canceled = goro::with_cancel(goro::background());
  canceled.cancel();
  EXPECT_EQ(s.server.shutdown(canceled.ctx), goro::errc::canceled);
  go_on.send();
  EXPECT_EQ(c.read().status, 200);
  EXPECT_FALSE(s.server.shutdown(goro::background()));
}

TEST(http_shutdown, HooksAreNotWaitedFor) {
  goro::chan<void> go_on = goro::make_chan<void>();
  running s(hello);
  s.server.on_shutdown([go_on] { go_on.recv(); });
  EXPECT_FALSE(s.server.shutdown(goro::background()));
  go_on.send();
}

TEST(http_shutdown, IdleConnectionsAreClosed) {
  running s(hello);
  std::vector<raw_client> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(s.client());
    EXPECT_EQ(clients.back().get("/").body, "hello");
  }
  const auto start = now();
  EXPECT_FALSE(s.server.shutdown(goro::background()));
  EXPECT_LT(now() - start, 3s);
  for (raw_client& c : clients) {
    EXPECT_TRUE(c.closed());
  }
}

// Go's waits five seconds for a connection that has said nothing: so does this one, and no longer.
TEST(http_shutdown, TestServerShutdownStateNew) {
  running s(hello);
  goro::chan<void> accepted = goro::make_chan<void>(1);
  raw_client silent = s.client();
  raw_client other = s.client();
  EXPECT_EQ(other.get("/").body, "hello");
  const auto start = now();
  EXPECT_FALSE(s.server.shutdown(goro::background()));
  EXPECT_GT(now() - start, 4s);
  EXPECT_LT(now() - start, 15s);
  EXPECT_TRUE(silent.closed());
}

TEST(http_shutdown, ARequestThatArrivesDuringShutdownIsAnswered) {
  running s(hello);
  raw_client late = s.client();
  raw_client known = s.client();
  EXPECT_EQ(known.get("/").status, 200);  // so late has been accepted as well
  goro::wait_group ended;
  ended.go([&] { EXPECT_FALSE(s.server.shutdown(goro::background())); });
  s.serving.wait();
  const reply r = late.get("/");
  EXPECT_EQ(r.body, "hello");
  EXPECT_EQ(r["Connection"], "close");
  ended.wait();
}

TEST(http_shutdown, TestServerShutdownThenServe) {
  http::server s;
  EXPECT_FALSE(s.shutdown(goro::background()));
  EXPECT_EQ(s.serve(net::listen("tcp", "127.0.0.1:0")), goro::errc::server_closed);
  EXPECT_EQ(s.listen_and_serve(), goro::errc::server_closed);
}

TEST(http_shutdown, ListenAndServeTellsWhyItCannot) {
  http::server s({.addr = "256.1.1.1:0"});
  EXPECT_TRUE(s.listen_and_serve());
  const net::listener taken = net::listen("tcp", "127.0.0.1:0");
  http::server t({.addr = taken.local().to_string()});
  EXPECT_EQ(t.listen_and_serve(), std::errc::address_in_use);
}

TEST(http_shutdown, TestServerCloseDeadlock) {
  http::server s;
  s.close();
  s.close();
}

TEST(http_shutdown, CloseIsAbrupt) {
  goro::chan<void> in_handler = goro::make_chan<void>();
  std::error_code seen;
  goro::wait_group handled;
  handled.add();
  {
    running s([&](auto&, auto& r) {
      in_handler.send();
      r.body().read_all(seen);
      handled.done();
    });
    raw_client idle = s.client();
    EXPECT_EQ(idle.conn.local().network(), "tcp");
    raw_client busy = s.client();
    busy.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
    in_handler.recv();
    s.server.close();
    s.serving.wait();
    EXPECT_EQ(s.served, goro::errc::server_closed);
    handled.wait();
    EXPECT_EQ(seen, goro::errc::closed);
    EXPECT_TRUE(busy.closed());
    EXPECT_TRUE(idle.closed());
  }
}

TEST(http_shutdown, TestConcurrentServerServe) {
  for (int i = 0; i < 20; ++i) {
    http::server s({.handler = hello});
    const net::listener a = net::listen("tcp", "127.0.0.1:0");
    const net::listener b = net::listen("tcp", "127.0.0.1:0");
    goro::wait_group served;
    served.go([&] { EXPECT_EQ(s.serve(a), goro::errc::server_closed); });
    served.go([&] { EXPECT_EQ(s.serve(b), goro::errc::server_closed); });
    if (i % 2 == 0) {
      s.address();
    }
    s.close();
    served.wait();
  }
}

TEST(http_shutdown, TestServerCloseListenerOnce) {
  const net::listener l = net::listen("tcp", "127.0.0.1:0");
  http::server s({.handler = hello});
  goro::wait_group served;
  served.go([&] { EXPECT_EQ(s.serve(l), goro::errc::server_closed); });
  EXPECT_EQ(s.address(), l.local());
  EXPECT_FALSE(s.shutdown(goro::background()));
  served.wait();
  std::error_code error;
  l.accept(error);
  EXPECT_EQ(error, goro::errc::closed);
}

TEST(http_shutdown, AListenerThatItsOwnerClosesEndsServe) {
  const net::listener l = net::listen("tcp", "127.0.0.1:0");
  http::server s({.handler = hello});
  goro::wait_group served;
  served.go([&] { EXPECT_EQ(s.serve(l), goro::errc::closed); });
  s.address();
  l.close();
  served.wait();
}

// With no descriptor left accept fails; the server waits and takes the connection when there is one again.
TEST(http_shutdown, AcceptIsTriedAgainWhenDescriptorsRunOut) {
  running s(hello);
  raw_client before = s.client();
  EXPECT_EQ(before.get("/").body, "hello");
  std::vector<net::conn> hoard;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit few{static_cast<rlim_t>(before.conn.native_handle() + 24), limit.rlim_max};
  setrlimit(RLIMIT_NOFILE, &few);
  std::error_code error;
  while (!error) {  // each takes one here, and one in the server as long as there is one
    hoard.push_back(net::dial("tcp", s.at().to_string(), error));
  }
  EXPECT_TRUE(eventually([&] { return s.log().find("accept error") != std::string::npos; })) << s.log();
  EXPECT_EQ(before.get("/").body, "hello");
  setrlimit(RLIMIT_NOFILE, &limit);
  hoard.clear();
  EXPECT_EQ(s.client().get("/").body, "hello");
}

TEST(http_shutdown, HijackedConnectionsDoNotCount) {
  goro::chan<http::hijacked_conn> taken = goro::make_chan<http::hijacked_conn>(1);
  running s([&](auto& w, auto&) { taken.send(w.hijack()); });
  raw_client c = s.client();
  c.send(get_root);
  const auto mine = taken.recv();
  EXPECT_FALSE(s.server.shutdown(goro::background()));
  s.server.close();
  mine->conn.write("still here");
  mine->conn.close();
  EXPECT_EQ(c.rest(), "still here");
}

TEST(http_shutdown, NoAcceptedRequestIsLost) {
  support::sweep_processors([] {
    for (int round = 0; round < 2 * support::scale; ++round) {
      running s(hello);
      std::atomic<int> broken{0};  // some bytes of a response, or a reset
      std::atomic<int> answered{0};
      std::atomic<int> connected{0};
      goro::wait_group clients;
      for (int i = 0; i < 8; ++i) {
        clients.go([&] {
          std::error_code error;
          net::conn c = net::dial("tcp", s.at().to_string(), error);
          std::string got;
          for (bool first = true; !error; first = false) {
            c.write(get_root, error);
            char piece[512];
            got.clear();
            while (!error && !got.ends_with("hello")) {
              const std::size_t n = c.read(std::span<char>(piece), error);
              got.append(piece, n);
              if (n == 0) {
                broken += got.empty() && error != std::errc::connection_reset ? 0 : 1;
                return;
              }
            }
            ++answered;
            connected += first ? 1 : 0;
            if (got.find("Connection: close") != std::string::npos) {
              return;
            }
          }
        });
      }
      eventually([&] { return connected == 8 && answered > 50; });
      EXPECT_FALSE(s.server.shutdown(goro::background()));
      clients.wait();
      EXPECT_EQ(broken, 0);
    }
  });
}

// Time limits. --------------------------------------------------------------------------------------------------------

TEST(http_timeouts, TestServerTimeouts) {
  running s(hello, {.read_timeout = 20ms, .write_timeout = 20ms});
  raw_client quick = s.client();
  EXPECT_EQ(quick.get("/").body, "hello");
  EXPECT_TRUE(quick.closed()) << "idle for longer than read_timeout";
  const auto start = now();
  raw_client silent = s.client();
  EXPECT_TRUE(silent.closed());
  EXPECT_GE(now() - start, 15ms);
  EXPECT_EQ(s.client().get("/").body, "hello");
}

TEST(http_timeouts, ASlowHeadIsCutOff) {
  running s(hello, {.read_header_timeout = 30ms});
  raw_client slow = s.client();
  const auto start = now();
  slow.send("GET / HTTP/1.1\r\nHost: a\r\n");
  while (slow.try_send("X: y\r\n") && now() - start < 10s) {
    goro::sleep(5ms);
  }
  EXPECT_TRUE(slow.closed());
  EXPECT_LT(now() - start, 10s);
}

TEST(http_timeouts, TestServerReadHeaderTimeoutIsCleared) {
  running s([](auto& w, auto& r) { w.write(r.body().read_all()); }, {.read_header_timeout = 20ms});
  raw_client c = s.client();
  c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
  goro::sleep(40ms);  // longer than a head may take
  EXPECT_EQ(c.ask("abc").body, "abc");
}

TEST(http_timeouts, TestServerReadTimeout) {
  std::error_code seen;
  running s(
      [&](auto& w, auto& r) {
        r.body().read_all(seen);
        w.write("late");
      },
      {.read_timeout = 20ms});
  raw_client c = s.client();
  const reply r = c.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na");
  EXPECT_EQ(seen, goro::errc::timeout);
  EXPECT_EQ(r.body, "late");
  EXPECT_EQ(r["Connection"], "close");
}

TEST(http_timeouts, TestRequestBodyTimeoutClosesConnection) {
  running s([](auto& w, auto&) { w.write("x"); }, {.read_timeout = 20ms});
  raw_client c = s.client();
  EXPECT_EQ(c.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na")["Connection"], "close");
  EXPECT_TRUE(c.closed());
}

TEST(http_timeouts, TestServerNoReadTimeout) {
  running s([](auto& w, auto& r) { w.write(r.body().read_all()); }, {.read_timeout = -1s});
  raw_client c = s.client();
  c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
  goro::sleep(10ms);
  EXPECT_EQ(c.ask("abc").body, "abc");
}

TEST(http_timeouts, TestServerWriteTimeout) {
  std::error_code seen;
  goro::wait_group handled;
  handled.add();
  running s(
      [&](auto& w, auto&) {
        const std::string much(1 << 20, 'x');
        while (!seen) {
          w.write(much, seen);
        }
        handled.done();
      },
      {.write_timeout = 20ms});
  raw_client c = s.client();
  c.send(get_root);
  handled.wait();
  EXPECT_EQ(seen, goro::errc::timeout);
}

TEST(http_timeouts, TestServerNoWriteTimeout) {
  running s([](auto& w, auto&) { w.write("x"); }, {.write_timeout = -1s});
  EXPECT_EQ(s.client().get("/").body, "x");
}

TEST(http_timeouts, TestWriteDeadlineExtendedOnNewRequest) {
  running s(hello, {.write_timeout = 100ms});
  raw_client c = s.client();
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(c.get("/").body, "hello");
    goro::sleep(40ms);
  }
}

TEST(http_timeouts, TestServerIdleTimeout) {
  running s(hello, {.read_header_timeout = 20s, .idle_timeout = 20ms});
  raw_client c = s.client();
  EXPECT_EQ(c.get("/").body, "hello");
  const auto start = now();
  EXPECT_TRUE(c.closed());
  EXPECT_LT(now() - start, 15s);
}

TEST(http_timeouts, TestServerCancelsReadTimeoutWhenIdle) {
  running s(hello, {.read_timeout = 40ms, .idle_timeout = 30s});
  raw_client c = s.client();
  EXPECT_EQ(c.get("/").body, "hello");
  goro::sleep(60ms);
  EXPECT_EQ(c.get("/").body, "hello") << "read_timeout does not count while idle";
}

TEST(http_timeouts, TestServerCancelsReadHeaderTimeoutWhenIdle) {
  running s(hello, {.read_header_timeout = 40ms, .idle_timeout = 30s});
  raw_client c = s.client();
  EXPECT_EQ(c.get("/").body, "hello");
  goro::sleep(60ms);
  EXPECT_EQ(c.get("/").body, "hello");
}

TEST(http_timeouts, TestServerSetKeepAlivesEnabledClosesConns) {
  running s(hello);
  raw_client before = s.client();
  EXPECT_EQ(before.get("/").status, 200);
  s.server.set_keep_alives_enabled(false);
  EXPECT_EQ(before.get("/")["Connection"], "close");
  EXPECT_TRUE(before.closed());
  raw_client after = s.client();
  EXPECT_EQ(after.get("/")["Connection"], "close");
  s.server.set_keep_alives_enabled(true);
  raw_client again = s.client();
  EXPECT_FALSE(again.get("/").has("Connection"));
}

}  // namespace
