// Behaviour of goro::http::server: connections, requests, bodies. Names in capitals are those of Go's
// net/http/serve_test.go.
#include "../unit/http/smuggling_corpus.hpp"
#include "http_support.hpp"

using namespace http_support;
using support::eventually;

namespace {

TEST(http_server, AnswersAndKeepsTheConnection) {
  running s(hello);
  raw_client c = s.client();
  for (int i = 0; i < 3; ++i) {
    const reply r = c.get("/");
    EXPECT_EQ(r.status, 200);
    EXPECT_EQ(r.body, "hello");
    EXPECT_EQ(r["Content-Length"], "5");
    EXPECT_EQ(r["Content-Type"], "text/plain; charset=utf-8");
    EXPECT_EQ(r["Date"].size(), 29U);
    EXPECT_FALSE(r.has("Connection"));
  }
}

TEST(http_server, PipelinedRequestsAreAnsweredInOrder) {
  running s([](auto& w, auto& r) {
    if (r.path() == "/1") {
      goro::sleep(5ms);
    }
    w.write(r.path());
  });
  raw_client c = s.client();
  std::string all;
  for (int i = 1; i <= 20; ++i) {
    all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }
  c.send(all);
  for (int i = 1; i <= 20; ++i) {
    EXPECT_EQ(c.read().body, "/" + std::to_string(i));
  }
}

TEST(http_server, TestConsumingBodyOnNextConn) {
  std::vector<std::string> bodies;
  running s([&](auto& w, auto& r) {
    bodies.push_back(r.body().read_all());
    w.write("ok");
  });
  raw_client c = s.client();
  c.send(
      "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 11\r\n\r\nfoo=1&bar=1"
      "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 11\r\n\r\nfoo=2&bar=2");
  EXPECT_EQ(c.read().status, 200);
  EXPECT_EQ(c.read().status, 200);
  EXPECT_EQ(bodies, (std::vector<std::string>{"foo=1&bar=1", "foo=2&bar=2"}));
}

TEST(http_server, TestIdentityResponse) {
  running s([](auto& w, auto& r) {
    w.header().set("Content-Length", "3");
    w.header().set("Transfer-Encoding", std::string(r.query("te")));
    if (r.has_query("overwrite")) {
      std::error_code error;
      w.write("foo TOO LONG", error);
      EXPECT_EQ(error, goro::errc::content_length_exceeded);
    } else if (r.has_query("underwrite")) {
      w.header().set("Content-Length", "500");
      w.write("too short");
    } else {
      w.write("foo");
    }
  });
  EXPECT_EQ(s.client().get("/?te=identity").body, "foo");
  raw_client c = s.client();
  EXPECT_FALSE(c.get("/?te=identity").chunked);
  EXPECT_EQ(c.get("/?overwrite=1").status, 0);
  raw_client short_one = s.client();
  const reply r = short_one.get("/?underwrite=1");
  EXPECT_EQ(r.status, 0) << "the connection ends before the declared length";
  EXPECT_EQ(r.body, "too short");
}

TEST(http_server, TestServeHTTP10Close) {
  running s(hello);
  raw_client c = s.client();
  const reply r = c.ask("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(r.head.substr(0, 12), "HTTP/1.0 200");
  EXPECT_EQ(r.body, "hello");
  EXPECT_TRUE(c.closed());
}

TEST(http_server, TestHTTP10ConnectionHeader) {
  running s(hello);
  const std::pair<const char*, const char*> cases[] = {
      {"", ""}, {"Connection: close\r\n", ""}, {"Connection: keep-alive\r\n", "keep-alive"}};
  for (const auto& [sent, got] : cases) {
    EXPECT_EQ(s.client().ask("GET / HTTP/1.0\r\n" + std::string(sent) + "\r\n")["Connection"], got) << sent;
  }
}

TEST(http_server, Http10WithoutALengthEndsWithTheConnection) {
  running s([](auto& w, auto&) {
    w.write("a");
    w.flush();
    w.write("b");
  });
  raw_client c = s.client();
  const reply r = c.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_FALSE(r.chunked);
  EXPECT_EQ(r.body, "ab");
  EXPECT_FALSE(r.has("Connection"));
}

TEST(http_server, TestHTTP10KeepAlive204Response) {
  running s([](auto& w, auto&) { w.status(204); });
  raw_client c = s.client();
  for (int i = 0; i < 2; ++i) {
    const reply r = c.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(r.status, 204);
    EXPECT_FALSE(r.has("Content-Length"));
    EXPECT_EQ(r["Connection"], "keep-alive");
  }
}

TEST(http_server, TestHTTP11KeepAlive204Response) {
  running s([](auto& w, auto&) { w.status(204); });
  raw_client c = s.client();
  EXPECT_EQ(c.get("/").status, 204);
  EXPECT_EQ(c.get("/").status, 204);
}

TEST(http_server, TestHTTP10KeepAlive304Response) {
  running s([](auto& w, auto&) { w.status(304); });
  raw_client c = s.client();
  EXPECT_EQ(c.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").status, 304);
  EXPECT_EQ(c.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").status, 304);
}

TEST(http_server, TestKeepAliveFinalChunkWithEOF) {
  running s([](auto& w, auto& r) { w.write(r.body().read_all()); });
  raw_client c = s.client();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(
        c.ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nfoo\r\n3\r\nbar\r\n0\r\n\r\n").body,
        "foobar");
  }
}

TEST(http_server, TestHandlersCanSetConnectionClose11) {
  running s([](auto& w, auto&) {
    w.header().set("Connection", "close");
    w.write("x");
  });
  raw_client c = s.client();
  EXPECT_EQ(c.get("/")["Connection"], "close");
  EXPECT_TRUE(c.closed());
}

TEST(http_server, TestHandlersCanSetConnectionClose10) {
  running s([](auto& w, auto&) { w.header().set("Connection", "close"); });
  raw_client c = s.client();
  EXPECT_EQ(c.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").status, 200);
  EXPECT_TRUE(c.closed());
}

TEST(http_server, TestClientCanClose) {
  running s(hello);
  raw_client c = s.client();
  EXPECT_EQ(c.ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")["Connection"], "close");
  EXPECT_TRUE(c.closed());
}

TEST(http_server, TestSetsRemoteAddr) {
  running s([](auto& w, auto& r) { w.write(r.remote().to_string() + " " + r.local().to_string()); });
  raw_client c = s.client();
  EXPECT_EQ(c.get("/").body, c.conn.local().to_string() + " " + s.at().to_string());
}

TEST(http_server, TestServerAllowsBlockingRemoteAddr) {
  running s([](auto& w, auto& r) { w.write(r.remote().host()); });
  raw_client silent = s.client();  // must not hold up the other
  EXPECT_EQ(s.client().get("/").body, "127.0.0.1");
}

TEST(http_server, TestHeadResponses) {
  running s([](auto& w, auto&) {
    w.write("<html>");
    w.write("and so on");
  });
  raw_client c = s.client();
  for (int i = 0; i < 2; ++i) {
    const reply r = c.ask("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(r["Content-Length"], "15");
    EXPECT_EQ(r["Content-Type"], "text/html; charset=utf-8");
  }
  EXPECT_EQ(c.get("/").body, "<html>and so on");
}

TEST(http_server, HeadOfALargeBodyHasNoBody) {
  running s([](auto& w, auto&) {
    for (int i = 0; i < 100; ++i) {
      w.write(std::string(1000, 'x'));
    }
  });
  raw_client c = s.client();
  EXPECT_EQ(c.ask("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
  EXPECT_EQ(c.get("/").body.size(), 100000U);
}

TEST(http_server, TestHeadBody) {
  running s([](auto& w, auto& r) {
    w.header().set("X-Body", r.body().read_all());
    w.write("answer");
  });
  raw_client c = s.client();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(c.ask("HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")["X-Body"], "abc");
  }
}

TEST(http_server, TestGetBody) {
  running s([](auto& w, auto& r) { w.write(r.body().read_all()); });
  raw_client c = s.client();
  EXPECT_EQ(c.ask("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc").body, "abc");
  EXPECT_EQ(c.get("/").body, "");
}

TEST(http_server, TestServerExpect) {
  running s([](auto& w, auto& r) {
    if (r.has_query("read")) {
      w.write("got " + r.body().read_all());
    } else {
      w.write("unread");
    }
  });
  const auto ask = [&](std::string_view version, const char* target, const char* expect) {
    raw_client c = s.client();
    c.send("POST " + std::string(target) + " HTTP/" + std::string(version) + "\r\nHost: a\r\nContent-Length: 3\r\n" +
           expect + "\r\n");
    return c;
  };
  {
    raw_client c = ask("1.1", "/?read=1", "Expect: 100-continue\r\n");
    EXPECT_EQ(c.line(), "HTTP/1.1 100 Continue\r\n");
    c.line();
    EXPECT_EQ(c.ask("abc").body, "got abc");
    EXPECT_EQ(c.get("/").body, "unread") << "the connection lives on";
  }
  {
    raw_client c = ask("1.1", "/", "Expect: 100-continue\r\n");
    const reply r = c.read();
    EXPECT_EQ(r.body, "unread");
    EXPECT_EQ(r["Connection"], "close") << "nobody knows whether the body will come";
    EXPECT_TRUE(c.closed());
  }
  {
    raw_client c = ask("1.0", "/?read=1", "Expect: 100-continue\r\n");
    EXPECT_EQ(c.ask("abc").body, "got abc") << "not in HTTP/1.0";
  }
  EXPECT_EQ(ask("1.1", "/", "Expect: something-else\r\n").read().status, 417);
}

TEST(http_server, TestIssue11549_Expect100) {
  running s([](auto& w, auto& r) {
    r.body().read_all();
    w.write("ok");
  });
  raw_client c = s.client();
  c.send(
      "PUT /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc"
      "PUT /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc");
  EXPECT_EQ(c.read().status, 100);
  EXPECT_EQ(c.read().body, "ok");
  EXPECT_EQ(c.read().status, 100);
  EXPECT_EQ(c.read().body, "ok");
}

TEST(http_server, TestServerReadAfterWriteHeader100Continue) {
  running s([](auto& w, auto& r) {
    w.status(200);
    w.flush();
    w.write(r.body().read_all());
  });
  raw_client c = s.client();
  c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(c.line(), "HTTP/1.1 200 OK\r\n") << "and no 100 behind it";
  c.send("abc");
  EXPECT_NE(c.rest().find("\r\n3\r\nabc\r\n0\r\n\r\n"), std::string::npos);
}

TEST(http_server, TestServerUnreadRequestBodyLittle) {
  running s(hello);
  raw_client c = s.client();
  EXPECT_EQ(c.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + std::string(100000, 'x')).body,
            "hello");
  EXPECT_EQ(c.get("/").body, "hello") << "what was left of the body is gone";
  EXPECT_EQ(c.ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n").body,
            "hello");
  EXPECT_EQ(c.get("/").body, "hello");
}

TEST(http_server, TestServerUnreadRequestBodyLarge) {
  running s(hello);
  raw_client c = s.client();
  const reply r = c.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + std::string(1000, 'x'));
  EXPECT_EQ(r.body, "hello");
  EXPECT_EQ(r["Connection"], "close");
  EXPECT_TRUE(c.closed());
}

TEST(http_server, TestHandlerFinishSkipBigContentLengthRead) {
  running s([](auto&, auto&) {});
  raw_client c = s.client();
  EXPECT_EQ(c.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000000000\r\n\r\n")["Connection"], "close");
}

TEST(http_server, TestInvalidTrailerClosesConnection) {
  running s([](auto& w, auto& r) {
    std::error_code error;
    r.body().read_all(error);
    EXPECT_EQ(error, goro::errc::malformed_message);
    w.write("x");
  });
  raw_client c = s.client();
  EXPECT_EQ(
      c.ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nTrailer :bad\r\n\r\n")["Connection"],
      "close");
  EXPECT_TRUE(c.closed());
}

TEST(http_server, TestInvalidChunkedBodies) {
  running s([](auto& w, auto& r) {
    std::error_code error;
    r.body().read_all(error);
    w.write(error ? "refused" : "accepted");
  });
  for (const char* const body :
       {"1\r\na", "1\r\naX\r\n0\r\n\r\n", "-1\r\n\r\n", "1\na\r\n0\r\n\r\n", "G\r\n", "1\r\na\r\n0\n\r\n"}) {
    raw_client c = s.client();
    c.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(body));
    c.conn.close_write();
    EXPECT_EQ(c.read().body, "refused") << body;
  }
}

TEST(http_server, TestRequestBodyReadErrorClosesConnection) {
  running s([](auto& w, auto& r) { w.write(r.body().read_all()); });
  raw_client c = s.client();
  c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  c.conn.close_write();
  EXPECT_TRUE(c.closed()) << "the handler's exception ends the connection";
  EXPECT_NE(s.log().find("unexpected end"), std::string::npos) << s.log();
}

TEST(http_server, TrailersOfTheRequest) {
  running s([](auto& w, auto& r) {
    const std::string body = r.body().read_all();
    w.write(body + std::string(r.trailer().get("x-sum")));
  });
  EXPECT_EQ(s.client()
                .ask("POST / HTTP/1.1\r\nHost: a\r\nTrailer: X-Sum\r\nTransfer-Encoding: "
                     "chunked\r\n\r\n3\r\nabc\r\n0\r\nX-SUM: 6\r\n\r\n")
                .body,
            "abc6");
}

TEST(http_server, TrailersOfTheResponse) {
  running s([](auto& w, auto&) {
    w.trailer().set("X-Sum", "7");
    w.write("abc");
    w.flush();
    w.trailer().set("X-Late", "8");
  });
  raw_client c = s.client();
  const reply r = c.get("/");
  EXPECT_EQ(r["Trailer"], "X-Sum");
  EXPECT_EQ(r.body, "abc");
  EXPECT_EQ(r.trailers, "X-Sum: 7\r\nX-Late: 8\r\n");
  EXPECT_EQ(c.get("/").status, 200);
}

TEST(http_server, TestTolerateCRLFBeforeRequestLine) {
  running s(hello);
  raw_client c = s.client();
  EXPECT_EQ(c.ask("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").body, "hello");
  EXPECT_EQ(c.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nABC\r\n").body, "hello");
  EXPECT_EQ(c.get("/").body, "hello");
}

TEST(http_server, TestServerValidatesHostHeader) {
  running s(hello);
  const std::tuple<const char*, const char*, int> cases[] = {
      {"GET / HTTP/0.9", "", 505},
      {"GET / HTTP/1.1", "", 400},
      {"GET / HTTP/1.1", "Host: \r\n", 200},
      {"GET / HTTP/1.1", "Host: 1.2.3.4\r\n", 200},
      {"GET / HTTP/1.1", "Host: foo.com\r\n", 200},
      {"GET / HTTP/1.1", "Host: foo-bar_baz.com\r\n", 200},
      {"GET / HTTP/1.1", "Host: foo.com:80\r\n", 200},
      {"GET / HTTP/1.1", "Host: ::1\r\n", 200},
      {"GET / HTTP/1.1", "Host: [::1]:80\r\n", 200},
      {"GET / HTTP/1.1", "Host: [::1%25en0]:80\r\n", 200},
      {"GET / HTTP/1.1", "Host: \x06\r\n", 400},
      {"GET / HTTP/1.1", "Host: \xff\r\n", 400},
      {"GET / HTTP/1.1", "Host: {\r\n", 400},
      {"GET / HTTP/1.1", "Host: first\r\nHost: second\r\n", 400},
      {"GET / HTTP/1.0", "", 200},
      {"GET / HTTP/1.0", "Host: first\r\nHost: second\r\n", 400},
      {"PRI * HTTP/2.0", "", 505},
      {"CONNECT golang.org:443 HTTP/1.1", "", 400},  // Go lets this one pass, RFC 9112 does not
      {"GET / HTTP/3.0", "", 505},
  };
  for (const auto& [line, host, status] : cases) {
    EXPECT_EQ(s.client().ask(std::string(line) + "\r\n" + host + "\r\n").status, status) << line << " " << host;
  }
}

TEST(http_server, TestServerValidatesHeaders) {
  running s(hello);
  const std::pair<const char*, int> cases[] = {
      {"", 200},
      {"Foo: bar\r\n", 200},
      {"X-Foo: bar\r\n", 200},
      {"Foo: a space\r\n", 200},
      {"A space: foo\r\n", 400},
      {"foo\xff: foo\r\n", 400},
      {"foo\x01: foo\r\n", 400},
      {"\xc3\xa4: foo\r\n", 400},
      {": empty key\r\n", 400},
      {"requires a colon\r\n", 400},
      {"foo: foo\xff\r\n", 200},
      {"foo: foo\x01\r\n", 400},
      {"foo: foo\x7f\r\n", 400},
      {"foo: foo\n", 400},
  };
  for (const auto& [field, status] : cases) {
    EXPECT_EQ(s.client().ask("GET / HTTP/1.1\r\nHost: foo\r\n" + std::string(field) + "\r\n").status, status) << field;
  }
}

TEST(http_server, TestServerValidatesMethod) {
  running s(hello);
  EXPECT_EQ(s.client().ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
  EXPECT_EQ(s.client().ask("GE(T / HTTP/1.1\r\nHost: a\r\n\r\n").status, 400);
}

TEST(http_server, TestCaseSensitiveMethod) {
  running s([](auto& w, auto& r) { w.write(r.method()); });
  raw_client c = s.client();
  EXPECT_EQ(c.ask("get / HTTP/1.1\r\nHost: a\r\n\r\n").body, "get");
}

TEST(http_server, TestUnsupportedTransferEncodingsReturn501) {
  running s(hello);
  for (const char* const coding : {"fugazi", "foo-bar", "unknown", "gzip, chunked"}) {
    EXPECT_EQ(
        s.client().ask("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: " + std::string(coding) + "\r\n\r\n").status,
        501)
        << coding;
  }
}

TEST(http_server, TestRequestLimit) {
  running s(hello, {.max_header_bytes = 4096});
  raw_client c = s.client();
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
  while (head.size() < 5000) {
    head += "X-Field: " + std::string(80, 'x') + "\r\n";
  }
  EXPECT_EQ(c.ask(head).status, 431);
  EXPECT_TRUE(c.closed());
  EXPECT_EQ(s.client().ask("GET /" + std::string(5000, 'x')).status, 414);
  EXPECT_EQ(s.client().get("/" + std::string(3000, 'x')).status, 200);
}

TEST(http_server, AHeadOfAMegabyteIsTooLargeByDefault) {
  running s(hello);
  raw_client c = s.client();
  c.send("GET / HTTP/1.1\r\nHost: a\r\n");
  const std::string field = "X: " + std::string(65000, 'x') + "\r\n";
  for (int i = 0; i < 17; ++i) {
    c.try_send(field);
  }
  EXPECT_EQ(c.read().status, 431);
}

TEST(http_server, TestRequestBodyLimit) {
  std::uint64_t read = 0;
  running s([&](auto&, auto& r) {
    r.limit_body(1000);
    std::error_code error;
    read = r.body().read_all(error).size();
    EXPECT_EQ(error, goro::errc::body_too_large);
  });
  raw_client c = s.client();
  const reply r = c.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n" + std::string(5000, 'x'));
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(r["Connection"], "close");
  EXPECT_EQ(read, 1000U);
}

TEST(http_server, TestMaxBytesHandler) {
  running s([](auto& w, auto& r) { w.write(r.body().read_all()); }, {.max_body_bytes = 10});
  const auto post = [&](std::size_t size, bool chunked) {
    const std::string body(size, 'x');
    raw_client c = s.client();
    return c.ask("POST / HTTP/1.1\r\nHost: a\r\n" +
                 (chunked ? "Transfer-Encoding: chunked\r\n\r\n" + std::string(size < 16 ? "0" : "") +
                                (size < 16 ? std::string(1, "0123456789abcdef"[size]) : "20") + "\r\n" + body +
                                "\r\n0\r\n\r\n"
                          : "Content-Length: " + std::to_string(size) + "\r\n\r\n" + body));
  };
  for (const bool chunked : {false, true}) {
    EXPECT_EQ(post(10, chunked).body.size(), 10U);
    EXPECT_EQ(post(11, chunked).status, 413);
    EXPECT_EQ(post(32, chunked)["Connection"], "close");
  }
}

TEST(http_server, TestServerEmptyBodyRace) {
  running s([](auto& w, auto& r) { w.write(r.body().read_all()); });
  support::together(8, [&](int) {
    raw_client c = s.client();
    for (int i = 0; i < 50; ++i) {
      EXPECT_EQ(c.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").status, 200);
    }
  });
}

TEST(http_server, TestOptions) {
  std::string seen;
  running s([&](auto&, auto& r) { seen += r.target(); });
  raw_client c = s.client();
  const reply r = c.ask("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(r["Content-Length"], "0");
  EXPECT_EQ(c.ask("OPTIONS /second HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
  EXPECT_EQ(c.ask("GET * HTTP/1.1\r\nHost: a\r\n\r\n").status, 400);
  EXPECT_EQ(seen, "/second");
}

TEST(http_server, TestOptionsHandler) {
  std::string seen;
  running s([&](auto&, auto& r) { seen = r.target(); }, {.handle_options = false});
  EXPECT_EQ(s.client().ask("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
  EXPECT_EQ(seen, "*");
}

// The corpus of the parser's own tests, on the wire: one answer each, and nothing behind a refusal is taken for a
// request.
TEST(http_server, SmuggledRequestsAreRefused) {
  std::atomic<int> handled{0};
  running s([&](auto& w, auto& r) {
    r.body().read_all();
    ++handled;
    w.write("ok");
  });
  int accepted = 0;
  for (const auto& entry : goro::http::detail::smuggling_corpus) {
    raw_client c = s.client();
    c.try_send(std::string(entry.message) + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
    std::error_code already_closed;
    c.conn.close_write(already_closed);
    const std::string all = c.rest();
    const int expected = entry.status == 0 ? 200 : entry.status;
    EXPECT_EQ(all.substr(9, 3), std::to_string(expected)) << entry.name << ": " << all;
    std::size_t answers = 0;
    constexpr const char* of_each = "\r\nContent-Length: ";
    for (std::size_t at = all.find(of_each); at != std::string::npos; at = all.find(of_each, at + 1)) {
      ++answers;
    }
    const bool goes_on = entry.status == 0 && entry.message.find("HTTP/1.0") == std::string_view::npos;
    EXPECT_EQ(answers, goes_on ? 2U : 1U) << entry.name << ": " << all;
    accepted += entry.status == 0 ? 1 + (goes_on ? 1 : 0) : 0;
  }
  EXPECT_EQ(handled + 1, accepted) << "all but OPTIONS *";
}

TEST(http_server, GarbageIsRefusedAndOthersAreServed) {
  running s(hello);
  raw_client good = s.client();
  for (const std::string& garbage :
       {std::string("\x16\x03\x01\x02\x00\x01", 6), std::string(600, '\0'), std::string("HELO x\r\n"),
        std::string(5000, '\xff'), std::string("\r\n\r\n\r\n")}) {
    raw_client c = s.client();
    c.try_send(garbage);
    EXPECT_EQ(c.read().status, 400);
    EXPECT_TRUE(c.closed());
  }
  EXPECT_EQ(good.get("/").body, "hello");
}

TEST(http_server, ClientsThatLeaveEarlyDisturbNobody) {
  running s([](auto& w, auto& r) {
    const std::string body = r.body().read_all();
    w.write(std::string(100000, 'x'));
  });
  for (const char* const start :
       {"", "G", "GET / HTTP/1.1\r\nHo", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\na",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n"}) {
    for (const bool reset : {false, true}) {
      raw_client c = s.client();
      c.try_send(start);
      if (reset) {
        c.conn.set_linger(0);
      }
      c.conn.close();
    }
  }
  EXPECT_EQ(s.client().get("/").body.size(), 100000U);
}

TEST(http_server, AHalfClosedClientGetsItsAnswer) {
  running s([](auto& w, auto& r) {
    r.body().read_all();
    w.write("answer");
  });
  raw_client c = s.client();
  c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
  c.conn.close_write();
  EXPECT_EQ(c.read().body, "answer");
  EXPECT_TRUE(c.closed());
}

TEST(http_server, RequestsInAnyPieces) {
  running s([](auto& w, auto& r) { w.write(r.body().read_all()); });
  const std::string message = "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  raw_client c = s.client();
  for (std::size_t cut = 1; cut < message.size(); cut += 3) {
    c.send(message.substr(0, cut));
    goro::sleep(200us);  // only so that most of them arrive in two pieces
    c.send(message.substr(cut));
    EXPECT_EQ(c.read().body, "abc");
  }
}

TEST(http_server, MaxConnections) {
  running s(hello, {.max_connections = 2});
  raw_client a = s.client();
  raw_client b = s.client();
  EXPECT_EQ(a.get("/").body, "hello");
  EXPECT_EQ(b.get("/").body, "hello");
  raw_client third = s.client();  // in the backlog
  third.send(get_root);
  a.conn.close();
  EXPECT_EQ(third.read().body, "hello");
}

TEST(http_server, ManyClientsAtOnce) {
  support::sweep_processors([] {
    running s([](auto& w, auto& r) { w.write(std::string(r.query("n")) + std::string(r.body().read_all())); });
    support::together(16, [&](int i) {
      raw_client c = s.client();
      for (int k = 0; k < 20 * support::scale; ++k) {
        const std::string n = std::to_string(i * 1000 + k);
        EXPECT_EQ(c.ask("POST /?n=" + n + " HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc").body, n + "abc");
      }
    });
  });
}

}  // namespace
