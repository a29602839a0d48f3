// What a handler can do with its response, and what its exceptions and its context mean. Names in capitals are those of
// Go's net/http/serve_test.go and responsecontroller_test.go.
#include <stdexcept>

#include "goro/context.hpp"
#include "http_support.hpp"

using namespace http_support;
using support::eventually;

namespace {

TEST(http_handler, SmallBodiesGetALengthAndLargeOnesAreChunked) {
  running s([](auto& w, auto& r) {
    for (int i = std::stoi(r.query("n")); i > 0; --i) {
      w.write(std::string(100, 'x'));
    }
  });
  raw_client c = s.client();
  const reply small = c.get("/?n=10");
  EXPECT_EQ(small["Content-Length"], "1000");
  EXPECT_FALSE(small.chunked);
  const reply large = c.get("/?n=200");
  EXPECT_TRUE(large.chunked);
  EXPECT_FALSE(large.has("Content-Length"));
  EXPECT_EQ(large.body, std::string(20000, 'x'));
  const reply none = c.get("/?n=0");
  EXPECT_EQ(none["Content-Length"], "0");
  EXPECT_FALSE(none.has("Content-Type"));
}

TEST(http_handler, ADeclaredLengthIsUsed) {
  running s([](auto& w, auto&) {
    w.header().set("Content-Length", "200000");
    for (int i = 0; i < 200; ++i) {
      w.write(std::string(1000, 'y'));
    }
  });
  raw_client c = s.client();
  const reply r = c.get("/");
  EXPECT_FALSE(r.chunked);
  EXPECT_EQ(r.body.size(), 200000U);
  EXPECT_EQ(c.get("/").status, 200);
}

TEST(http_handler, TestServerBufferedChunking) {
  running s([](auto& w, auto&) {
    w.write("x");
    w.write("y");
    w.flush();
    w.write("z");
    w.write("z");
  });
  raw_client c = s.client();
  c.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string all = c.rest();
  EXPECT_NE(all.find("\r\n\r\n2\r\nxy\r\n2\r\nzz\r\n0\r\n\r\n"), std::string::npos) << all;
}

TEST(http_handler, TestResponseControllerFlush) {
  goro::chan<void> go_on = goro::make_chan<void>();
  running s([&](auto& w, auto&) {
    w.write("one");
    w.flush();
    go_on.recv();
    w.write("two");
  });
  raw_client c = s.client();
  c.send(get_root);
  while (c.received.find("one") == std::string::npos && c.more()) {
  }
  EXPECT_EQ(c.received.find("two"), std::string::npos);
  go_on.send();
  EXPECT_EQ(c.read().body, "onetwo");
}

TEST(http_handler, TestHeaderToWire) {
  running s([](auto& w, auto& r) {
    const std::string how = r.query("how");
    if (how == "after") {
      w.status(200);
      w.flush();
      w.header().set("X-Late", "1");
    } else if (how == "type") {
      w.header().set("Content-Type", "foo/bar");
      w.write("<html>");
    } else if (how == "none") {
      w.header().set("Content-Type", "");
      w.write("<html>");
    } else if (how == "empty") {
      w.header().set("X-Empty", "");
    }
  });
  raw_client c = s.client();
  EXPECT_FALSE(c.get("/?how=after").has("X-Late"));
  EXPECT_EQ(c.get("/?how=type")["Content-Type"], "foo/bar");
  EXPECT_FALSE(c.get("/?how=none").has("Content-Type"));
  EXPECT_TRUE(c.get("/?how=empty").has("X-Empty"));
}

TEST(http_handler, TestServerNoDate) {
  running s([](auto& w, auto&) { w.header().set("Date", ""); });
  EXPECT_FALSE(s.client().get("/").has("Date"));
}

TEST(http_handler, TestServerContentType) {
  running s([](auto& w, auto&) { w.header().set("Content-Type", "application/x-mine"); });
  EXPECT_EQ(s.client().get("/")["Content-Type"], "application/x-mine");
}

TEST(http_handler, TestContentEncodingNoSniffing) {
  running s([](auto& w, auto&) {
    w.header().set("Content-Encoding", "gzip");
    w.write("\x1f\x8b");
  });
  const reply r = s.client().get("/");
  EXPECT_FALSE(r.has("Content-Type"));
  EXPECT_EQ(r["Content-Encoding"], "gzip");
}

TEST(http_handler, TypesAreGuessedByTheFirstBytes) {
  running s([](auto& w, auto& r) { w.write(r.body().read_all()); });
  const auto type_of = [&](const std::string& body) {
    return s.client().ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                          body)["Content-Type"];
  };
  EXPECT_EQ(type_of("text"), "text/plain; charset=utf-8");
  EXPECT_EQ(type_of("  <!DOCTYPE HTML>"), "text/html; charset=utf-8");
  EXPECT_EQ(type_of(std::string("\0\1", 2)), "application/octet-stream");
}

TEST(http_handler, TestCodesPreventingContentTypeAndBody) {
  running s([](auto& w, auto& r) {
    w.status(std::stoi(r.query("code")));
    std::error_code error;
    w.write("body", error);
    EXPECT_EQ(error, goro::errc::body_not_allowed);
  });
  for (const char* const code : {"204", "304"}) {
    raw_client c = s.client();
    c.send("GET /?code=" + std::string(code) + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const std::string all = c.rest();
    EXPECT_EQ(all.find("Content-Type"), std::string::npos) << all;
    EXPECT_EQ(all.find("body"), std::string::npos) << all;
    EXPECT_EQ(all.find("Transfer-Encoding"), std::string::npos) << all;
  }
}

TEST(http_handler, TestContentTypeOkayOn204) {
  running s([](auto& w, auto&) {
    w.header().set("Content-Length", "123");
    w.header().set("Content-Type", "foo/bar");
    w.status(204);
  });
  const reply r = s.client().get("/");
  EXPECT_EQ(r["Content-Type"], "foo/bar");
  EXPECT_FALSE(r.has("Content-Length"));
}

TEST(http_handler, TestNoContentLengthIfTransferEncoding) {
  running s([](auto& w, auto&) {
    w.header().set("Transfer-Encoding", "foo");
    w.write("<html>");
  });
  const reply r = s.client().get("/");
  EXPECT_FALSE(r.has("Transfer-Encoding")) << "codings are the server's affair";
  EXPECT_EQ(r["Content-Length"], "6");
}

TEST(http_handler, TestHandlerSetTransferEncodingChunked) {
  running s([](auto& w, auto&) {
    w.header().set("Transfer-Encoding", "chunked");
    w.write("hello");
    w.flush();
  });
  raw_client c = s.client();
  c.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string all = c.rest();
  EXPECT_EQ(all.find("Transfer-Encoding"), all.rfind("Transfer-Encoding")) << all;
}

TEST(http_handler, HeaderValuesCannotEndTheirLine) {
  running s([](auto& w, auto&) {
    w.header().set("X-Split", "a\r\nInjected: b");
    w.header().set("Bad Name", "c");
    w.header().set("Bad\r\nName: x", "d");
  });
  const reply r = s.client().get("/");
  EXPECT_EQ(r["X-Split"], "a  Injected: b");
  EXPECT_FALSE(r.has("Injected"));
  EXPECT_FALSE(r.has("Bad Name"));
  EXPECT_FALSE(r.has("Name"));
}

TEST(http_handler, RepeatedFieldsStayRepeated) {
  running s([](auto& w, auto&) {
    w.header().add("Set-Cookie", "a=1");
    w.header().add("Set-Cookie", "b=2");
  });
  const reply r = s.client().get("/");
  EXPECT_NE(r.head.find("Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n"), std::string::npos) << r.head;
}

TEST(http_handler, TestZeroLengthPostAndResponse) {
  running s([](auto& w, auto& r) {
    EXPECT_EQ(r.body().read_all(), "");
    w.header().set("Content-Length", "0");
  });
  raw_client c = s.client();
  EXPECT_EQ(c.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").body, "");
  EXPECT_EQ(c.ask("POST / HTTP/1.1\r\nHost: a\r\n\r\n").body, "");
}

TEST(http_handler, TestContentLengthZero) {
  running s([](auto&, auto&) {});
  EXPECT_EQ(s.client().get("/")["Content-Length"], "0");
  EXPECT_EQ(s.client().ask("GET / HTTP/1.0\r\n\r\n")["Content-Length"], "0");
}

TEST(http_handler, TestDisableContentLength) {
  running s([](auto& w, auto&) {
    w.write("x");
    w.flush();
  });
  EXPECT_FALSE(s.client().get("/").has("Content-Length"));
}

TEST(http_handler, TestErrorContentLength) {
  running s([](auto& w, auto&) {
    w.header().set("Content-Length", "1000");
    http::error(w, "an error occurred", 500);
  });
  const reply r = s.client().get("/");
  EXPECT_EQ(r.status, 500);
  EXPECT_EQ(r.body, "an error occurred\n");
}

TEST(http_handler, TestError) {
  running s([](auto& w, auto&) {
    w.header().set("Content-Encoding", "ascii");
    w.header().set("Etag", "x");
    w.header().set("Last-Modified", "y");
    http::error(w, "oops", 432);
  });
  const reply r = s.client().get("/");
  EXPECT_EQ(r.status, 432);
  EXPECT_EQ(r["Content-Type"], "text/plain; charset=utf-8");
  EXPECT_EQ(r["X-Content-Type-Options"], "nosniff");
  EXPECT_FALSE(r.has("Content-Encoding") || r.has("Etag") || r.has("Last-Modified"));
}

TEST(http_handler, SuperfluousStatusIsIgnoredAndLogged) {
  running s([](auto& w, auto&) {
    w.status(201);
    w.status(500);
  });
  EXPECT_EQ(s.client().get("/").status, 201);
  EXPECT_NE(s.log().find("superfluous"), std::string::npos);
}

TEST(http_handler, NonsenseStatusPanics) {
  running s([](auto& w, auto&) {
    EXPECT_TRUE(support::panics_with("http: invalid status code 99", [&] { w.status(99); }));
    EXPECT_TRUE(support::panics_with("http: invalid status code 1000", [&] { w.status(1000); }));
    w.status(799);
  });
  EXPECT_EQ(s.client().get("/").head.substr(0, 30), "HTTP/1.1 799 status code 799\r\n");
}

TEST(http_handler, TestEarlyHints) {
  running s([](auto& w, auto&) {
    w.header().add("Link", "</style.css>; rel=preload");
    w.status(103);
    w.header().add("Link", "</script.js>; rel=preload");
    w.status(103);
    w.write("stuff");
  });
  raw_client c = s.client();
  const reply first = c.get("/");
  EXPECT_EQ(first.status, 103);
  EXPECT_EQ(first["Link"], "</style.css>; rel=preload");
  EXPECT_FALSE(first.has("Content-Length"));
  const reply second = c.read();
  EXPECT_EQ(second.status, 103);
  EXPECT_NE(second.head.find("script.js"), std::string::npos);
  EXPECT_EQ(c.read().body, "stuff");
}

TEST(http_handler, TestProcessing) {
  running s([](auto& w, auto&) {
    w.status(102);
    w.write("x");
  });
  raw_client c = s.client();
  EXPECT_EQ(c.get("/").status, 102);
  EXPECT_EQ(c.read().status, 200);
  EXPECT_EQ(s.client().ask("GET / HTTP/1.0\r\n\r\n").status, 200) << "no such thing in HTTP/1.0";
}

TEST(http_handler, TestWriteHeaderSwitchingProtocols) {
  running s([](auto& w, auto&) {
    w.header().set("Connection", "Upgrade");
    w.header().set("Upgrade", "foo");
    http::hijacked_conn mine = w.hijack();
    mine.conn.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\nproto");
  });
  raw_client c = s.client();
  c.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: foo\r\n\r\n");
  EXPECT_NE(c.rest().find("Upgrade: foo\r\n\r\nproto"), std::string::npos);
}

TEST(http_handler, TestServerEvents) {
  running s([](auto& w, auto&) {
    w.header().set("Content-Type", "text/event-stream");
    for (int i = 0; i < 3; ++i) {
      w.write("data: " + std::to_string(i) + "\n\n");
      w.flush();
    }
  });
  const reply r = s.client().get("/");
  EXPECT_TRUE(r.chunked);
  EXPECT_EQ(r["Content-Type"], "text/event-stream");
  EXPECT_EQ(r.body, "data: 0\n\ndata: 1\n\ndata: 2\n\n");
}

// Exceptions. ---------------------------------------------------------------------------------------------------------

TEST(http_handler, TestHandlerPanic) {
  running s([](auto& w, auto& r) {
    if (r.path() == "/throw") {
      throw std::runtime_error("intentional");
    }
    w.write("ok");
  });
  raw_client other = s.client();
  EXPECT_EQ(other.get("/").body, "ok");
  raw_client c = s.client();
  c.send("GET /throw HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(c.closed());
  EXPECT_NE(s.log().find("GET /throw: std::runtime_error: intentional"), std::string::npos) << s.log();
  EXPECT_EQ(other.get("/").body, "ok") << "only that connection";
}

TEST(http_handler, TestHandlerPanicNil) {
  running s([](auto&, auto&) { throw 42; });
  raw_client c = s.client();
  c.send(get_root);
  EXPECT_TRUE(c.closed());
  EXPECT_NE(s.log().find("exception"), std::string::npos);
}

TEST(http_handler, TestHandlerPanicWithHijack) {
  running s([](auto& w, auto&) {
    const http::hijacked_conn mine = w.hijack();
    mine.conn.close();
    throw std::runtime_error("behind hijack");
  });
  raw_client c = s.client();
  c.send(get_root);
  EXPECT_TRUE(c.closed());
  EXPECT_TRUE(eventually([&] { return s.log().find("behind hijack") != std::string::npos; }));
}

TEST(http_handler, AbortHandlerIsSilent) {
  running s([](auto& w, auto&) {
    w.write("part");
    w.flush();
    throw http::abort_handler{};
  });
  raw_client c = s.client();
  const reply r = c.get("/");
  EXPECT_EQ(r.status, 0) << "not a whole response";
  EXPECT_EQ(s.log(), "");
}

TEST(http_handler, AnExceptionBehindTheHeadCutsTheResponseOff) {
  running s([](auto& w, auto&) {
    w.write(std::string(10000, 'x'));
    throw std::runtime_error("late");
  });
  EXPECT_EQ(s.client().get("/").status, 0);
  EXPECT_NE(s.log().find("late"), std::string::npos);
}

TEST(http_handler, GoexitEndsTheConnection) {
  running s([](auto&, auto&) { goro::goexit(); });
  raw_client c = s.client();
  c.send(get_root);
  EXPECT_TRUE(c.closed());
  EXPECT_FALSE(s.server.shutdown(goro::background()));
}

// Hijack. -------------------------------------------------------------------------------------------------------------

TEST(http_handler, TestResponseControllerHijack) {
  running s([](auto& w, auto&) {
    const http::hijacked_conn mine = w.hijack();
    mine.conn.write("HTTP/1.1 299 Mine\r\nContent-Length: 0\r\n\r\n");
  });
  EXPECT_EQ(s.client().get("/").status, 299);
}

TEST(http_handler, TestWriteAfterHijack) {
  running s([](auto& w, auto&) {
    const http::hijacked_conn mine = w.hijack();
    std::error_code error;
    w.write("x", error);
    mine.conn.write(error == goro::errc::hijacked ? "refused" : "accepted");
  });
  raw_client c = s.client();
  c.send(get_root);
  EXPECT_EQ(c.rest(), "refused");
}

TEST(http_handler, TestDoubleHijack) {
  running s([](auto& w, auto&) {
    const http::hijacked_conn mine = w.hijack();
    EXPECT_THROW(w.hijack(), std::system_error);
  });
  raw_client c = s.client();
  c.send(get_root);
  EXPECT_TRUE(c.closed());
}

TEST(http_handler, TestServerHijackGetsBackgroundByte) {
  running s([](auto& w, auto& r) {
    r.ctx();  // somebody listens to the connection
    goro::sleep(2ms);
    http::hijacked_conn mine = w.hijack();
    while (mine.buffered.size() < 3) {
      char piece[16];
      const std::size_t n = mine.conn.read(std::span<char>(piece));
      mine.buffered.append(piece, n);
    }
    mine.conn.write(mine.buffered);
  });
  raw_client c = s.client();
  c.send(get_root);
  c.send("foo");
  c.conn.close_write();
  EXPECT_EQ(c.rest(), "foo");
}

TEST(http_handler, TestServerHijackGetsFullBody) {
  running s([](auto& w, auto&) {
    http::hijacked_conn mine = w.hijack();
    mine.conn.write("[" + mine.buffered + "]");
  });
  raw_client c = s.client();
  c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_EQ(c.rest(), "[abc]");
}

TEST(http_handler, TestHijackBeforeRequestBodyRead) {
  running s([](auto& w, auto& r) {
    http::hijacked_conn mine = w.hijack();
    std::error_code error;
    r.body().read_all(error);
    EXPECT_EQ(error, goro::errc::hijacked);
  });
  raw_client c = s.client();
  c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_TRUE(c.closed());
}

// Context. ------------------------------------------------------------------------------------------------------------

TEST(http_handler, TestServerRequestContextCancel_ServeHTTPDone) {
  goro::context kept;
  running s([&](auto&, auto& r) {
    kept = r.ctx();
    EXPECT_FALSE(kept.err());
  });
  EXPECT_EQ(s.client().get("/").status, 200);
  EXPECT_TRUE(eventually([&] { return kept.err() == goro::errc::canceled; }));
}

TEST(http_handler, TestServerRequestContextCancel_ConnClose) {
  goro::chan<void> in_handler = goro::make_chan<void>();
  goro::chan<void> left = goro::make_chan<void>(1);
  running s([&](auto&, auto& r) {
    in_handler.send();
    r.ctx().done().recv();
    left.send();
  });
  raw_client c = s.client();
  c.send(get_root);
  in_handler.recv();
  c.conn.close();
  left.recv();
}

TEST(http_handler, TestCloseNotifier) {
  goro::chan<void> left = goro::make_chan<void>(1);
  running s([&](auto&, auto& r) {
    EXPECT_EQ(r.body().read_all(), "abc");
    r.ctx().done().recv();
    left.send();
  });
  raw_client c = s.client();
  c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
  c.conn.close_write();
  left.recv();
}

TEST(http_handler, TestCloseNotifierPipelined) {
  running s([&](auto& w, auto& r) { w.write(r.ctx().err() ? "left" : "here"); });
  raw_client c = s.client();
  c.send(std::string(get_root) + std::string(get_root));
  EXPECT_EQ(c.read().body, "here");
  EXPECT_EQ(c.read().body, "here");
}

TEST(http_handler, TestServerDuplicateBackgroundRead) {
  running s([&](auto& w, auto& r) {
    r.ctx();
    w.write(r.path());
  });
  support::together(8, [&](int) {
    raw_client c = s.client();
    for (int i = 0; i < 25 * support::scale; ++i) {
      c.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
      EXPECT_EQ(c.read().body, "/1");
      EXPECT_EQ(c.read().body, "/2");
    }
  });
}

TEST(http_handler, ARequestSentWhileTheHandlerIsWatchedIsServed) {
  goro::chan<void> in_handler = goro::make_chan<void>(1);
  goro::chan<void> go_on = goro::make_chan<void>(1);
  running s([&](auto& w, auto& r) {
    r.ctx();
    in_handler.send();
    go_on.recv();
    w.write(r.path());
  });
  raw_client c = s.client();
  c.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
  in_handler.recv();
  c.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
  go_on.send();
  EXPECT_EQ(c.read().body, "/1");
  in_handler.recv();
  go_on.send();
  EXPECT_EQ(c.read().body, "/2");
}

TEST(http_handler, TestServerContexts) {
  struct key {
    using type = std::string;
  };
  running s(
      [](auto& w, auto& r) {
        const std::string* const value = r.ctx().template value<key>();
        w.write(value != nullptr ? *value : "none");
      },
      {.conn_context = [](const net::conn&) {
        return goro::with_value<key>(goro::background(), "of the connection");
      }});
  EXPECT_EQ(s.client().get("/").body, "of the connection");
}

TEST(http_handler, TestServerConnState) {
  std::mutex lock;
  std::string states;
  const auto add = [&](char c) {
    const std::lock_guard guard(lock);
    states += c;
  };
  const auto got = [&](const std::string& wanted) {
    const bool seen = eventually([&] {
      const std::lock_guard guard(lock);
      return states == wanted;
    });
    const std::lock_guard guard(lock);
    EXPECT_EQ(states, wanted);
    states.clear();
    return seen;
  };
  running s(
      [](auto& w, auto& r) {
        if (r.path() == "/hijack") {
          w.hijack();
        } else if (r.path() == "/panic") {
          throw http::abort_handler{};
        } else {
          w.write("x");
        }
      },
      {.on_state = [&](const net::conn&, http::conn_state state) { add("naihc"[static_cast<int>(state)]); }});
  {
    raw_client c = s.client();
    c.get("/");
    c.get("/");
    c.conn.close();
    got("naiaic");
  }
  {
    raw_client c = s.client();
    c.send("GET /hijack HTTP/1.1\r\nHost: a\r\n\r\n");
    c.rest();
    got("nah");
  }
  {
    raw_client c = s.client();
    c.send("GET /panic HTTP/1.1\r\nHost: a\r\n\r\n");
    c.rest();
    got("nac");
  }
  {
    s.client();
    got("nc");
  }
  {
    raw_client c = s.client();
    c.send("garbage\r\n\r\n");
    c.rest();
    c.conn.close();
    got("nac");
  }
}

// Deadlines of one request. -------------------------------------------------------------------------------------------

TEST(http_handler, TestResponseControllerSetPastWriteDeadline) {
  std::error_code error;
  goro::wait_group handled;
  handled.add();
  running s([&](auto& w, auto&) {
    w.write("one");
    w.flush();
    w.set_write_deadline(std::chrono::steady_clock::now() - 10s);
    w.write("two", error);
    if (!error) {
      w.flush(error);
    }
    handled.done();
  });
  raw_client c = s.client();
  EXPECT_EQ(c.get("/").status, 0);
  handled.wait();
  EXPECT_EQ(error, goro::errc::timeout);
}

TEST(http_handler, TestResponseControllerSetFutureWriteDeadline) {
  std::error_code error;
  goro::wait_group handled;
  handled.add();
  running s([&](auto& w, auto&) {
    w.set_write_deadline(std::chrono::steady_clock::now() + 5ms);
    const std::string much(1 << 20, 'x');
    while (!error) {
      w.write(much, error);
    }
    handled.done();
  });
  raw_client c = s.client();
  c.send(get_root);
  handled.wait();
  EXPECT_EQ(error, goro::errc::timeout);
}

TEST(http_handler, TestResponseControllerSetPastReadDeadline) {
  running s([&](auto& w, auto& r) {
    char piece[3];
    EXPECT_EQ(r.body().read(std::span<char>(piece)), 3U);
    w.set_read_deadline(std::chrono::steady_clock::now() - 10s);
    std::error_code error;
    r.body().read_all(error);
    w.write(error == goro::errc::timeout ? "timeout" : "read");
  });
  raw_client c = s.client();
  EXPECT_EQ(c.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc").body, "timeout");
}

TEST(http_handler, TestResponseControllerSetFutureReadDeadline) {
  running s([&](auto& w, auto& r) {
    w.set_read_deadline(std::chrono::steady_clock::now() + 5ms);
    std::error_code error;
    r.body().read_all(error);
    w.write(error == goro::errc::timeout ? "timeout" : "read");
  });
  raw_client c = s.client();
  EXPECT_EQ(c.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc").body, "timeout");
}

TEST(http_handler, TestResponseControllerEnableFullDuplex) {
  running s([&](auto& w, auto& r) {
    w.enable_full_duplex();
    for (int i = 0; i < 3; ++i) {
      char c = 0;
      r.body().read(std::span<char>(&c, 1));
      w.write(std::string_view(&c, 1));
      w.flush();
    }
  });
  raw_client c = s.client();
  c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
  for (const char* const sent : {"a", "b", "c"}) {
    c.send(sent);
    while (c.received.find("\r\n1\r\n" + std::string(sent)) == std::string::npos && c.more()) {
    }
    EXPECT_NE(c.received.find("\r\n1\r\n" + std::string(sent)), std::string::npos);
  }
  EXPECT_EQ(c.read().body, "abc");
  EXPECT_EQ(c.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nxyz").body, "xyz");
}

// The request's parts. ------------------------------------------------------------------------------------------------

TEST(http_handler, PartsOfARequest) {
  running s([](auto& w, auto& r) {
    w.write(std::string(r.method()) + "|" + std::string(r.target()) + "|" + std::string(r.path()) + "|" + r.query("a") +
            "|" + r.query("b") + "|" + std::string(r.host()) + "|" + std::string(r.header("x-y")) + "|" +
            std::string(r.protocol()));
  });
  EXPECT_EQ(s.client().ask("PUT /p%20q/%2f?a=1%202&b=x+y HTTP/1.1\r\nHost: h:1\r\nX-Y: z\r\n\r\n").body,
            "PUT|/p%20q/%2f?a=1%202&b=x+y|/p q//|1 2|x y|h:1|z|HTTP/1.1");
  EXPECT_EQ(s.client().ask("GET http://other/x HTTP/1.1\r\nHost: h\r\n\r\n").body,
            "GET|http://other/x|/x|||other||HTTP/1.1")
      << "the target's host overrules the field";
  EXPECT_EQ(s.client().ask("GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n").status, 400);
}

TEST(http_handler, TestQuerySemicolon) {
  running s([](auto& w, auto& r) { w.write(r.query("a") + "|" + r.query("b")); });
  raw_client c = s.client();
  EXPECT_EQ(c.get("/?a=1;x=bad&b=2").body, "|2");
  EXPECT_EQ(c.get("/?a=1&b=good").body, "1|good");
}

TEST(http_handler, BasicAuthAndCookies) {
  running s([](auto& w, auto& r) {
    const auto auth = r.basic_auth();
    w.write((auth ? auth->first + "/" + auth->second : "none") + "|" + r.cookie("b").value_or("none"));
  });
  EXPECT_EQ(s.client()
                .ask("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic dXNlcjpwYTpzcw==\r\nCookie: a=1; b=2\r\n\r\n")
                .body,
            "user/pa:ss|2");
  EXPECT_EQ(s.client().ask("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic ???\r\nCookie: bb=1\r\n\r\n").body,
            "none|none");
}

TEST(http_handler, NothingOfARequestIsLeftInTheNext) {
  running s([](auto& w, auto& r) {
    const std::string body = r.body().read_all();
    w.write(std::string(r.header("x")) + "|" + r.query("q") + "|" + body + "|" + std::string(r.trailer().get("t")));
    if (r.has_query("set")) {
      w.header().set("X-Set", "1");
      w.status(201);
    }
  });
  raw_client c = s.client();
  EXPECT_EQ(c.ask("POST /?q=1&set HTTP/1.1\r\nHost: a\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\r\n0\r\nT: "
                  "u\r\n\r\n")
                .body,
            "y|1|b|u");
  const reply r = c.get("/");
  EXPECT_EQ(r.body, "|||");
  EXPECT_FALSE(r.has("X-Set"));
  EXPECT_EQ(r.status, 200);
}

}  // namespace
