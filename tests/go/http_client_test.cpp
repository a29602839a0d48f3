// The client, mostly against goro's own server. Names in capitals are those of Go's net/http/client_test.go and
// transport_test.go.
#include <array>
#include <functional>

#include "goro/chan.hpp"
#include "goro/context.hpp"
#include "goro/wait_group.hpp"
#include "http_support.hpp"

using namespace http_support;
using support::eventually;

namespace {

// Counts the connections that it accepts.
struct counted {
  explicit counted(http::handler h)
      : server(std::move(h), {.on_state = [n = connections](const net::conn&, http::conn_state s) {
                 if (s == http::conn_state::fresh) {
                   ++*n;
                 }
               }}) {}
  std::shared_ptr<std::atomic<int>> connections = std::make_shared<std::atomic<int>>(0);
  running server;
};

TEST(http_client, TestClient) {
  running s(hello);
  http::client c;
  http::response r = c.get(s.url());
  EXPECT_EQ(r.status(), 200);
  EXPECT_EQ(r.reason(), "OK");
  EXPECT_EQ(r.header("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(r.content_length(), 5);
  EXPECT_EQ(r.text(), "hello");
  EXPECT_EQ(r.url(), s.url());
}

TEST(http_client, TestReuseRequest_ConnectionsAreKept) {
  counted s([](auto& w, auto& r) { w.write(std::string(10000, r.path().back())); });
  http::client c;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(c.get(s.server.url("/a")).text(), std::string(10000, 'a'));
    EXPECT_EQ(c.head(s.server.url("/a")).status(), 200);
  }
  EXPECT_EQ(*s.connections, 1);
  c.close_idle_connections();
  c.get(s.server.url()).text();
  EXPECT_EQ(*s.connections, 2);
}

TEST(http_client, AnUnreadResponseClosesItsConnection) {
  counted s([](auto& w, auto&) { w.write(std::string(100000, 'x')); });
  http::client c;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(c.get(s.server.url()).status(), 200);
  }
  EXPECT_EQ(*s.connections, 3);
}

TEST(http_client, BodiesOfEveryKind) {
  running s([](auto& w, auto& r) {
    w.header().set("X-Length", std::to_string(r.content_length()));
    w.header().set("X-Type", r.header("Content-Type"));
    w.write(std::string(r.method()) + " " + r.body().read_all());
  });
  struct letters final : http::reader {
    int left = 20000;
    std::size_t do_read(std::span<char> to, std::error_code&) noexcept override {
      const std::size_t n = std::min<std::size_t>(to.size(), static_cast<std::size_t>(left));
      std::fill_n(to.data(), n, 'z');
      left -= static_cast<int>(n);
      return n;
    }
  };
  http::client c;
  http::response posted = c.post(s.url(), "text/x", "abc");
  EXPECT_EQ(posted.header("x-type"), "text/x");
  EXPECT_EQ(posted.text(), "POST abc");
  EXPECT_EQ(c.do_(http::request("PUT", s.url())).text(), "PUT ");
  for (const std::int64_t length : {-1, 20000}) {
    http::request r("POST", s.url());
    r.set_body(std::make_unique<letters>(), length);
    http::response got = c.do_(std::move(r));
    EXPECT_EQ(got.header("x-length"), std::to_string(length));
    EXPECT_EQ(got.text(), "POST " + std::string(20000, 'z'));
  }
}

TEST(http_client, TrailersAndInformationalResponses) {
  running s([](auto& w, auto&) {
    w.status(103);
    w.trailer().set("X-Sum", "1");
    w.write("a");
    w.flush();
  });
  http::client c;
  http::response r = c.get(s.url());
  EXPECT_EQ(r.status(), 200);
  EXPECT_EQ(r.text(), "a");
  EXPECT_EQ(r.trailer().get("x-sum"), "1");
}

TEST(http_client, TestClientRedirects) {
  running s([](auto& w, auto& r) {
    const int n = std::stoi("0" + r.query("n"));
    if (n < 15) {
      http::redirect(w, r, "/?n=" + std::to_string(n + 1), 302);
    } else {
      w.write("there");
    }
  });
  http::client c;
  try {
    c.get(s.url());
    ADD_FAILURE() << "too many";
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code(), goro::errc::too_many_redirects);
  }
  http::response r = c.get(s.url("/?n=10"));
  EXPECT_EQ(r.text(), "there");
  EXPECT_EQ(r.url(), s.url("/?n=15"));
  http::client stays({.max_redirects = 0});
  EXPECT_EQ(stays.get(s.url()).status(), 302);
}

TEST(http_client, TestPostRedirects) {
  running s([](auto& w, auto& r) {
    if (r.has_query("code")) {
      http::redirect(w, r, "/end", std::stoi(r.query("code")));
    } else {
      w.write(std::string(r.method()) + " " + r.body().read_all());
    }
  });
  http::client c;
  for (const char* const code : {"301", "302", "303"}) {
    EXPECT_EQ(c.post(s.url("/?code=" + std::string(code)), "text/plain", "abc").text(), "GET ");
  }
  for (const char* const code : {"307", "308"}) {
    EXPECT_EQ(c.post(s.url("/?code=" + std::string(code)), "text/plain", "abc").text(), "POST abc");
  }
  EXPECT_EQ(c.post(s.url("/?code=404"), "text/plain", "abc").status(), 404);
}

TEST(http_client, SecretsAreNotSentToAnotherHost) {
  running other([](auto& w, auto& r) {
    w.write("[" + std::string(r.header("Authorization")) + "]" + std::string(r.header("X")));
  });
  running s([&](auto& w, auto& r) { http::redirect(w, r, other.url(), 302); });
  http::client c;
  http::request r("GET", s.url());
  r.header().set("Authorization", "secret");
  r.header().set("X", "kept");
  EXPECT_EQ(c.do_(std::move(r)).text(), "[]kept");
}

TEST(http_client, TestClientTimeout) {
  goro::chan<void> go_on = goro::make_chan<void>(8);
  running s([go_on](auto& w, auto& r) {
    if (r.path() == "/body") {
      w.write("start");
      w.flush();
    }
    go_on.recv();
  });
  http::client c({.timeout = 20ms});
  try {
    c.get(s.url("/head"));
    ADD_FAILURE() << "no answer in time";
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code(), goro::errc::deadline_exceeded);
  }
  http::response r = c.get(s.url("/body"));
  std::error_code error;
  EXPECT_EQ(r.body().read_all(error), "start");
  EXPECT_EQ(error, goro::errc::deadline_exceeded);
  go_on.send();
  go_on.send();
}

TEST(http_client, TestRequestContextCancels) {
  goro::chan<void> in_handler = goro::make_chan<void>(1);
  goro::chan<void> left = goro::make_chan<void>(1);
  running s([&](auto&, auto& r) {
    in_handler.send();
    r.ctx().done().recv();
    left.send();
  });
  const auto made = goro::with_cancel(goro::background());
  goro::wait_group ended;
  ended.go([&] {
    try {
      http::get(made.ctx, s.url());
      ADD_FAILURE() << "cancelled";
    } catch (const std::system_error& e) {
      EXPECT_EQ(e.code(), goro::errc::canceled);
    }
  });
  in_handler.recv();
  made.cancel();
  ended.wait();
  left.recv();  // the server learns of it
}

// A kept connection that the server has closed meanwhile: a GET is sent once more, a POST goes to a new one from the
// start.
TEST(http_client, TestTransportRetriesOnAStaleConnection) {
  std::atomic<int> open{0};
  running s(hello, {.idle_timeout = 2ms, .on_state = [&](const net::conn&, http::conn_state state) {
                      open += state == http::conn_state::fresh ? 1 : state == http::conn_state::closed ? -1 : 0;
                    }});
  http::client c;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(c.get(s.url()).text(), "hello");
    ASSERT_TRUE(eventually([&] { return open == 0; }));
    EXPECT_EQ(c.post(s.url(), "text/plain", "abc").text(), "hello");
    ASSERT_TRUE(eventually([&] { return open == 0; }));
  }
}

// A server that answers one request a connection with the connection's number and `behind`, and then ends it as `end`
// does.
struct one_answer_server {
  one_answer_server(std::string behind, std::function<void(const net::conn&)> end) {
    serving.go([this, behind = std::move(behind), end = std::move(end)] {
      std::error_code error;
      for (int i = 0;; ++i) {
        const net::conn c = listener.accept(error);
        if (error) {
          return;
        }
        std::string request;
        std::array<char, 1024> piece;
        while (!request.ends_with("\r\n\r\n") && !request.ends_with("the body")) {
          request.append(piece.data(), c.read(std::span<char>(piece)));
        }
        c.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(i));
        const int now = answered.recv().value_or(0);
        c.write(behind);
        end(c);
        ended.send(now);
        kept.push_back(c);
      }
    });
  }
  ~one_answer_server() {
    listener.close();
    serving.wait();
  }
  // The server ends the connection whose answer the client has got.
  void end_connection() {
    answered.send(1);
    ended.recv();
  }
  std::string url() const { return "http://" + listener.local().to_string() + "/"; }

  const net::listener listener = net::listen("tcp", "127.0.0.1:0");
  const goro::chan<int> answered = goro::make_chan<int>(1);
  const goro::chan<int> ended = goro::make_chan<int>(1);
  std::vector<net::conn> kept;
  goro::wait_group serving;
};

TEST(http_client, AConnectionThatTheServerHasClosedIsNotUsedAgain) {
  one_answer_server s("", [](const net::conn& c) { c.close(); });
  http::client c;
  for (char i = '0'; i < '5'; ++i) {
    EXPECT_EQ(c.post(s.url(), "text/plain", "the body").text(), std::string(1, i));
    s.end_connection();
  }
}

TEST(http_client, AConnectionOfWhichTheServerHasClosedItsHalfIsNotUsedAgain) {
  one_answer_server s("", [](const net::conn& c) { c.close_write(); });
  http::client c;
  for (char i = '0'; i < '5'; ++i) {
    EXPECT_EQ(c.post(s.url(), "text/plain", "the body").text(), std::string(1, i));
    s.end_connection();
  }
}

// Else it would be taken for the answer to the next request.
TEST(http_client, AnAnswerThatNobodyAskedForEndsTheConnection) {
  one_answer_server s("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad", [](const net::conn&) {});
  http::client c;
  for (char i = '0'; i < '5'; ++i) {
    EXPECT_EQ(c.get(s.url()).text(), std::string(1, i));
    s.end_connection();
  }
}

TEST(http_client, AnswersThatAreNoneAreRefused) {
  for (const char* const answer :
       {"HTTP/1.1 200 OK\nContent-Length: 0\n\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n", "garbage\r\n\r\n", "HTTP/1.1 200 OK\r\nX : y\r\n\r\n"}) {
    running s([&](auto& w, auto&) { w.hijack().conn.write(answer); });
    http::client c;
    try {
      c.get(s.url());
      ADD_FAILURE() << answer;
    } catch (const std::system_error& e) {
      EXPECT_EQ(e.code(), goro::errc::malformed_message) << answer;
    }
  }
}

TEST(http_client, ABodyThatIsCutOffIsAnError) {
  for (const char* const answer : {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
                                   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
    running s([&](auto& w, auto&) { w.hijack().conn.write(answer); });
    http::client c;
    http::response r = c.get(s.url());
    std::error_code error;
    EXPECT_EQ(r.body().read_all(error), "ab");
    EXPECT_EQ(error, goro::errc::unexpected_end);
  }
}

TEST(http_client, ABodyUntilTheEndOfTheConnection) {
  running s([&](auto& w, auto&) { w.hijack().conn.write("HTTP/1.1 200 OK\r\n\r\nall of it"); });
  EXPECT_EQ(http::get(s.url()).text(), "all of it");
}

TEST(http_client, BadUrls) {
  http::client c;
  for (const char* const url : {"", "x", "https://a/", "http://", "http:///x", "http://a b/", "http://a/\n"}) {
    EXPECT_THROW(c.get(url), std::system_error) << url;
  }
  EXPECT_THROW(c.get("http://127.0.0.1:1/"), std::system_error) << "nobody listens there";
}

TEST(http_client, TestUrlParts) {
  const auto at = http::url::parse("HTTP://h:1/a/b?x=1#frag");
  ASSERT_TRUE(at);
  EXPECT_EQ(at->to_string(), "http://h:1/a/b?x=1");
  const std::pair<const char*, const char*> cases[] = {
      {"c", "http://h:1/a/c"},        {"../c?y", "http://h:1/c?y"}, {"/d", "http://h:1/d"},
      {"?z=2", "http://h:1/a/b?z=2"}, {"//o/p", "http://o/p"},      {"http://q/", "http://q/"},
      {"#f", "http://h:1/a/b?x=1"},
  };
  for (const auto& [reference, expected] : cases) {
    EXPECT_EQ(at->resolve(reference)->to_string(), expected) << reference;
  }
  EXPECT_EQ(http::path_escape("a b/ä?"), "a%20b%2F%C3%A4%3F");
  EXPECT_EQ(http::query_escape("a b&c=d"), "a+b%26c%3Dd");
  EXPECT_EQ(http::unescape("%41%"), std::nullopt);
}

TEST(http_client, ManyAtOnce) {
  support::sweep_processors([] {
    running s([](auto& w, auto& r) { w.write(r.query("n")); });
    http::client c({.max_idle_per_host = 4});
    support::together(16, [&](int i) {
      for (int k = 0; k < 10 * support::scale; ++k) {
        const std::string n = std::to_string(i * 1000 + k);
        EXPECT_EQ(c.get(s.url("/?n=" + n)).text(), n);
      }
    });
  });
}

}  // namespace
