// Routing seen from outside. Names in capitals are those of Go's net/http/serve_test.go and server_test.go; patterns by
// themselves are in tests/unit/http/routing_test.cpp.
#include "http_support.hpp"

using namespace http_support;

namespace {

http::handler says(std::string text) {
  return [text = std::move(text)](http::response_writer& w, http::request&) { w.write(text); };
}

class routed {
 public:
  routed(std::initializer_list<const char*> patterns) : server_(http::server_options{.handler = with(patterns)}) {}
  reply get(const std::string& target, const std::string& host = "test", const std::string& method = "GET") {
    raw_client c = server_.client();
    return c.ask(method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
  }

 private:
  static http::router with(std::initializer_list<const char*> patterns) {
    http::router r;
    for (const char* const p : patterns) {
      r.handle(p, says(p));
    }
    return r;
  }
  running server_;
};

TEST(http_router, TestHostHandlers) {
  routed r{"/", "someHost.com/someDir/", "someHost.com:8080/", "example.org/x"};
  EXPECT_EQ(r.get("/").body, "/");
  EXPECT_EQ(r.get("/someDir/apage").body, "/");
  EXPECT_EQ(r.get("/someDir/apage", "someHost.com").body, "someHost.com/someDir/");
  EXPECT_EQ(r.get("/someDir/apage", "someHost.com:81").body, "someHost.com/someDir/");
  EXPECT_EQ(r.get("/otherDir/apage", "someHost.com").body, "/");
  EXPECT_EQ(r.get("/x", "example.org").body, "example.org/x");
}

TEST(http_router, TestStripPortFromHost) {
  routed r{"example.com/", "[::1]/"};
  EXPECT_EQ(r.get("/", "example.com:9000").body, "example.com/");
  EXPECT_EQ(r.get("/", "[::1]:80").body, "[::1]/");
  EXPECT_EQ(r.get("/", "other.com").status, 404);
}

TEST(http_router, TestServeMuxHandler) {
  routed r{"/dir/", "/search", "codesearch.google.com/search", "codesearch.google.com/", "example.com/"};
  EXPECT_EQ(r.get("/").status, 404);
  EXPECT_EQ(r.get("/dir").status, 307);
  EXPECT_EQ(r.get("/dir")["Location"], "/dir/");
  EXPECT_EQ(r.get("/dir/").body, "/dir/");
  EXPECT_EQ(r.get("/dir/sub").body, "/dir/");
  EXPECT_EQ(r.get("/search").body, "/search");
  EXPECT_EQ(r.get("/search/").status, 404);
  EXPECT_EQ(r.get("/search", "codesearch.google.com").body, "codesearch.google.com/search");
  EXPECT_EQ(r.get("/search/foo", "codesearch.google.com").body, "codesearch.google.com/");
  EXPECT_EQ(r.get("/other", "codesearch.google.com").body, "codesearch.google.com/");
  EXPECT_EQ(r.get("/", "images.google.com").status, 404);
}

TEST(http_router, TestServeMuxHandlerTrailingSlash) {
  routed r{"/foo", "/foo/"};
  EXPECT_EQ(r.get("/foo").body, "/foo");
  EXPECT_EQ(r.get("/foo/").body, "/foo/");
}

TEST(http_router, TestServeMuxHandleFuncWithNilHandler) {
  http::router r;
  EXPECT_TRUE(support::panics_with("http: nil handler", [&] { r.handle("/", nullptr); }));
}

TEST(http_router, TestRegisterErr) {
  http::router r;
  r.handle("/a", says("a"));
  EXPECT_THROW(r.handle("", says("x")), goro::panic_error);
  EXPECT_THROW(r.handle("/a", says("x")), goro::panic_error);
}

TEST(http_router, TestServeMuxHandlerRedirects) {
  routed r{"/", "/dir/", "/a/b"};
  EXPECT_EQ(r.get("//a").status, 307);
  EXPECT_EQ(r.get("/dir/./x")["Location"], "/dir/x");
  EXPECT_EQ(r.get("/a/../dir/")["Location"], "/dir/");
  EXPECT_EQ(r.get("/a//b?x=1")["Location"], "/a/b?x=1");
  EXPECT_EQ(r.get("/a/b/..")["Location"], "/a");
}

TEST(http_router, TestServeMuxHandlerRedirectPost) {
  routed r{"/dir/"};
  EXPECT_EQ(r.get("/dir", "test", "POST").status, 307) << "the method stays";
}

TEST(http_router, TestMuxRedirectLeadingSlashes) {
  routed r{"/"};
  for (const char* const path : {"//foo.txt", "///foo.txt", "/../../foo.txt"}) {
    const reply got = r.get(path);
    EXPECT_EQ(got.status, 307);
    EXPECT_EQ(got["Location"], "/foo.txt") << path;
  }
}

TEST(http_router, TestServeWithSlashRedirectKeepsQueryString) {
  routed r{"/testOne", "/testTwo/", "/testThree", "/testThree/"};
  EXPECT_EQ(r.get("/testOne?this=that").body, "/testOne");
  EXPECT_EQ(r.get("/testTwo?foo=bar")["Location"], "/testTwo/?foo=bar");
  EXPECT_EQ(r.get("/testTwo/?foo=bar").body, "/testTwo/");
  EXPECT_EQ(r.get("/testThree?a=b").body, "/testThree");
}

TEST(http_router, TestServeWithSlashRedirectForHostPatterns) {
  routed r{"example.com/pkg/foo/", "example.com/pkg/bar", "example.com/pkg/bar/", "example.com:9000/pkg/x", "/pkg/"};
  EXPECT_EQ(r.get("/pkg/foo", "example.com")["Location"], "/pkg/foo/");
  EXPECT_EQ(r.get("/pkg/bar", "example.com").body, "example.com/pkg/bar");
  EXPECT_EQ(r.get("/pkg/bar/", "example.com").body, "example.com/pkg/bar/");
  EXPECT_EQ(r.get("/pkg/foo", "other").body, "/pkg/");
}

TEST(http_router, TestMuxNoSlashRedirectWithTrailingSlash) {
  routed r{"/{x}/"};
  EXPECT_EQ(r.get("/").status, 404);
  EXPECT_EQ(r.get("/a/").body, "/{x}/");
  EXPECT_EQ(r.get("/a").status, 307);
}

TEST(http_router, TestMuxNoSlash405WithTrailingSlash) {
  routed r{"GET /{x}/"};
  EXPECT_EQ(r.get("/").status, 404);
}

TEST(http_router, TestFindHandler) {
  routed r{"GET /bar/x", "/foo/{x}", "/bar/x/", "/only/{$}"};
  EXPECT_EQ(r.get("/foo/x").body, "/foo/{x}");
  EXPECT_EQ(r.get("/bar/x").body, "GET /bar/x");
  EXPECT_EQ(r.get("/bar/x/y").body, "/bar/x/");
  EXPECT_EQ(r.get("/foo/x/").status, 404);
  EXPECT_EQ(r.get("/only/").body, "/only/{$}");
  EXPECT_EQ(r.get("/only")["Location"], "/only/");
  EXPECT_EQ(r.get("/only/x").status, 404);
}

TEST(http_router, TestEmptyServeMux) {
  routed r{};
  EXPECT_EQ(r.get("/").status, 404);
  EXPECT_EQ(r.get("/any").body, "404 page not found\n");
}

TEST(http_router, MethodNotAllowedTellsWhichAre) {
  routed r{"GET /a", "POST /a", "/b"};
  const reply got = r.get("/a", "test", "PUT");
  EXPECT_EQ(got.status, 405);
  EXPECT_EQ(got["Allow"], "GET, HEAD, POST");
  EXPECT_EQ(got.body, "Method Not Allowed\n");
  EXPECT_EQ(r.get("/b", "test", "PUT").status, 200);
  EXPECT_EQ(r.get("/a", "test", "HEAD").status, 200) << "GET matches HEAD";
}

TEST(http_router, TestEscapedPathsAndPatterns) {
  routed r{"/a/b%2Fc", "/{x}/d"};
  EXPECT_EQ(r.get("/a/b%2Fc").body, "/a/b%2Fc");
  EXPECT_EQ(r.get("/a/b%2fc").body, "/a/b%2Fc");
  EXPECT_EQ(r.get("/a/b/c").status, 404);
  EXPECT_EQ(r.get("/%61/b%2Fc").body, "/a/b%2Fc");
  EXPECT_EQ(r.get("/x%2Fy/d").body, "/{x}/d");
}

TEST(http_router, PathValues) {
  http::router r;
  r.handle("GET /items/{id}",
           [](auto& w, auto& q) { w.write(std::string(q.path_value("id")) + "@" + std::string(q.pattern())); });
  r.handle("/files/{path...}", [](auto& w, auto& q) { w.write(q.path_value("path")); });
  r.handle("/ab/{a}/{b}/two", [](auto& w, auto& q) {
    w.write(std::string(q.path_value("a")) + "," + std::string(q.path_value("b")) + "," +
            std::string(q.path_value("none")));
  });
  running s(http::server_options{.handler = r});
  raw_client c = s.client();
  EXPECT_EQ(c.get("/items/42").body, "42@GET /items/{id}");
  EXPECT_EQ(c.get("/items/a%20b").body, "a b@GET /items/{id}");
  EXPECT_EQ(c.get("/files/x/y%2Fz.txt").body, "x/y/z.txt");
  EXPECT_EQ(c.get("/files/").body, "");
  EXPECT_EQ(c.get("/ab/1/2/two").body, "1,2,");
  EXPECT_EQ(c.ask("POST /items/42 HTTP/1.1\r\nHost: a\r\n\r\n").status, 405);
}

TEST(http_router, ServersHandlersAndMiddleware) {
  const net::listener l = net::listen("tcp", "127.0.0.1:0");
  http::server s;
  s.handle("/", says("inner"));
  for (const char* const name : {"a", "b"}) {
    s.use([name](http::handler next) -> http::handler {
      return [name, next = std::move(next)](http::response_writer& w, http::request& r) {
        w.header().add("X-Order", name);
        next(w, r);
      };
    });
  }
  goro::wait_group served;
  served.go([&] { s.serve(l); });
  raw_client c(l.local());
  const reply r = c.get("/");
  EXPECT_EQ(r.body, "inner");
  EXPECT_NE(r.head.find("X-Order: a\r\nX-Order: b\r\n"), std::string::npos) << r.head;
  s.close();
  served.wait();
}

TEST(http_router, HandlersCanBeAddedWhileRequestsAreServed) {
  http::router r;
  r.handle("/first", says("first"));
  running s(http::server_options{.handler = r});
  support::together(5, [&](int i) {
    if (i == 0) {
      for (int k = 0; k < 50; ++k) {
        r.handle("/p" + std::to_string(k), says("later"));
      }
    } else {
      raw_client c = s.client();
      for (int k = 0; k < 50; ++k) {
        EXPECT_EQ(c.get("/first").body, "first");
      }
    }
  });
  EXPECT_EQ(s.client().get("/p49").body, "later");
}

TEST(http_router, TestShouldRedirectConcurrency) {
  routed r{"/dir/"};
  support::together(4, [&](int) {
    for (int k = 0; k < 20; ++k) {
      EXPECT_EQ(r.get("/dir").status, 307);
    }
  });
}

TEST(http_router, TestRedirect) {
  running s([](auto& w, auto& r) { http::redirect(w, r, r.query("to"), 302); });
  const std::pair<const char*, const char*> cases[] = {
      {"/qux/?to=foo", "/qux/foo"},
      {"/qux/?to=foo/", "/qux/foo/"},
      {"/qux/?to=../quux/foobar", "/quux/foobar"},
      {"/qux/?to=./foo/../x", "/qux/x"},
      {"/qux/?to=/abs", "/abs"},
      {"/qux/?to=http://other.example/x", "http://other.example/x"},
      {"/qux/?to=%3Fkey=val", "/qux/?key=val"},
      {"/qux/?to=a%0d%0ab", "/qux/a%0D%0Ab"},
  };
  for (const auto& [target, location] : cases) {
    EXPECT_EQ(s.client().get(target)["Location"], location) << target;
  }
}

TEST(http_router, TestRedirectContentTypeAndBody) {
  running s([](auto& w, auto& r) {
    if (r.has_query("typed")) {
      w.header().set("Content-Type", "application/x");
    }
    http::redirect(w, r, "/foo", 302);
  });
  const reply get = s.client().get("/");
  EXPECT_EQ(get["Content-Type"], "text/html; charset=utf-8");
  EXPECT_EQ(get.body, "<a href=\"/foo\">Found</a>.\n\n");
  EXPECT_EQ(s.client().ask("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")["Content-Type"], "text/html; charset=utf-8");
  EXPECT_EQ(s.client().ask("POST / HTTP/1.1\r\nHost: a\r\n\r\n").body, "");
  EXPECT_EQ(s.client().get("/?typed").body, "");
}

TEST(http_router, TestCleanPath) {
  const std::pair<const char*, const char*> cases[] = {
      {"/", "/"},           {"", "/"},           {"a", "/a"},        {"//", "/"},
      {"/a/b/..", "/a"},    {"/a/b/../", "/a/"}, {"/a/./b", "/a/b"}, {"/../a", "/a"},
      {"/a//b//", "/a/b/"}, {"/..", "/"},        {"/a/.", "/a"},     {"/a/b/../../..", "/"},
  };
  for (const auto& [path, clean] : cases) {
    EXPECT_EQ(http::clean_path(path), clean) << path;
  }
}

}  // namespace
