// Files and middleware. Names in capitals are those of Go's net/http/fs_test.go and serve_test.go.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "http_support.hpp"

using namespace http_support;

namespace {

// A folder with files in it, removed at the end.
class folder {
 public:
  folder() {
    std::string name = (std::filesystem::temp_directory_path() / "goro-http-XXXXXX").string();
    root = mkdtemp(name.data());
    put("/root/file.txt", "0123456789");
    put("/root/page.html", "<html>page");
    put("/root/large.bin", std::string(300000, 'x'));
    put("/root/dir/index.html", "index of dir");
    put("/root/bare/a.txt", "a");
    put("/secret.txt", "secret");
    put("/root/empty", "");
  }
  ~folder() { std::filesystem::remove_all(root); }
  std::string served() const { return root + "/root"; }

 private:
  void put(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(root + name).parent_path());
    std::ofstream(root + name, std::ios::binary) << text;
  }
  std::string root;
};

struct file_site {
  folder files;
  running server{http::file_server(files.served())};
  reply get(const std::string& target, const std::string& fields = "", const std::string& method = "GET") {
    raw_client c = server.client();
    return c.ask(method + " " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
  }
};

TEST(http_files, TestServeFile) {
  file_site s;
  const reply r = s.get("/file.txt");
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(r.body, "0123456789");
  EXPECT_EQ(r["Content-Type"], "text/plain; charset=utf-8");
  EXPECT_EQ(r["Content-Length"], "10");
  EXPECT_EQ(r["Accept-Ranges"], "bytes");
  EXPECT_EQ(s.get("/page.html")["Content-Type"], "text/html; charset=utf-8");
  EXPECT_EQ(s.get("/large.bin").body.size(), 300000U);
  EXPECT_EQ(s.get("/empty").body, "");
  EXPECT_EQ(s.get("/empty").status, 200);
  EXPECT_EQ(s.get("/none").status, 404);
  EXPECT_EQ(s.get("/file.txt/x").status, 404);
  const reply head = s.get("/large.bin", "", "HEAD");
  EXPECT_EQ(head["Content-Length"], "300000");
  EXPECT_EQ(s.get("/file.txt", "", "POST").status, 405);
  EXPECT_EQ(s.get("/file.txt", "", "DELETE")["Allow"], "GET, HEAD");
}

TEST(http_files, TheConnectionGoesOnBehindAFile) {
  file_site s;
  raw_client c = s.server.client();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(c.get("/large.bin").body.size(), 300000U);
    EXPECT_EQ(c.ask("HEAD /large.bin HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
    EXPECT_EQ(c.get("/file.txt").body, "0123456789");
  }
}

TEST(http_files, TestFileServerCleans) {
  file_site s;
  for (const char* const path :
       {"/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/dir/../../secret.txt", "/%2e%2e%2fsecret.txt",
        "//../secret.txt", "/./../secret.txt", "/file.txt%00.html", "/dir/%2e%2e/%2e%2e/secret.txt"}) {
    const reply r = s.get(path);
    EXPECT_EQ(r.body.find("secret"), std::string::npos) << path;
    EXPECT_EQ(r.status, 404) << path;
  }
}

TEST(http_files, TestServeIndexHtml) {
  file_site s;
  EXPECT_EQ(s.get("/dir/").body, "index of dir");
  EXPECT_EQ(s.get("/bare/").status, 404) << "folders are not listed";
}

TEST(http_files, TestFSRedirect) {
  file_site s;
  EXPECT_EQ(s.get("/dir").status, 301);
  EXPECT_EQ(s.get("/dir?q=1")["Location"], "dir/?q=1");
  EXPECT_EQ(s.get("/dir/index.html")["Location"], "./");
  EXPECT_EQ(s.get("/file.txt/")["Location"], "../file.txt");
}

TEST(http_files, TestServeContent_Conditions) {
  file_site s;
  const reply r = s.get("/file.txt");
  const std::string etag = r["Etag"];
  const std::string date = r["Last-Modified"];
  EXPECT_EQ(date.size(), 29U);
  const std::string early = "Thu, 01 Jan 1998 00:00:00 GMT";
  const std::string late = "Fri, 01 Jan 2100 00:00:00 GMT";
  const std::pair<std::string, int> cases[] = {
      {"If-None-Match: " + etag, 304},
      {"If-None-Match: \"x\", W/" + etag, 304},
      {"If-None-Match: *", 304},
      {"If-None-Match: \"x\"", 200},
      {"If-None-Match: \"x\"\r\nIf-Modified-Since: " + late, 200},
      {"If-Modified-Since: " + date, 304},
      {"If-Modified-Since: " + late, 304},
      {"If-Modified-Since: " + early, 200},
      {"If-Modified-Since: nonsense", 200},
      {"If-Match: " + etag, 200},
      {"If-Match: *", 200},
      {"If-Match: \"x\"", 412},
      {"If-Unmodified-Since: " + early, 412},
      {"If-Unmodified-Since: " + late, 200},
      {"If-Modified-Since: Saturday, 01-Jan-99 00:00:00 GMT", 200},
      {"If-Unmodified-Since: Fri Jan  1 00:00:00 1999", 412},
  };
  for (const auto& [field, status] : cases) {
    EXPECT_EQ(s.get("/file.txt", field + "\r\n").status, status) << field;
  }
  EXPECT_EQ(s.get("/file.txt", "If-None-Match: " + etag + "\r\n")["Etag"], etag);
}

TEST(http_files, TestServeContent_Ranges) {
  file_site s;
  const std::tuple<const char*, int, const char*, const char*> cases[] = {
      {"bytes=0-3", 206, "0123", "bytes 0-3/10"},   {"bytes=2-", 206, "23456789", "bytes 2-9/10"},
      {"bytes=-3", 206, "789", "bytes 7-9/10"},     {"bytes=-99", 206, "0123456789", "bytes 0-9/10"},
      {"bytes=5-99", 206, "56789", "bytes 5-9/10"}, {"BYTES=9-9", 206, "9", "bytes 9-9/10"},
      {"bytes=10-", 416, nullptr, "bytes */10"},    {"bytes=-0", 416, nullptr, "bytes */10"},
      {"bytes=3-2", 200, "0123456789", ""},         {"bytes=0-1,x", 200, "0123456789", ""},
      {"lines=0-1", 200, "0123456789", ""},         {"bytes=a-b", 200, "0123456789", ""},
      {"bytes=-", 200, "0123456789", ""},           {"bytes=0-18446744073709551616", 200, "0123456789", ""},
  };
  for (const auto& [range, status, body, content_range] : cases) {
    const reply r = s.get("/file.txt", "Range: " + std::string(range) + "\r\n");
    EXPECT_EQ(r.status, status) << range;
    EXPECT_EQ(r["Content-Range"], content_range) << range;
    if (body != nullptr) {
      EXPECT_EQ(r.body, body) << range;
    }
  }
  const std::string etag = s.get("/file.txt")["Etag"];
  EXPECT_EQ(s.get("/file.txt", "Range: bytes=0-1\r\nIf-Range: " + etag + "\r\n").status, 206);
  EXPECT_EQ(s.get("/file.txt", "Range: bytes=0-1\r\nIf-Range: \"x\"\r\n").status, 200);
  EXPECT_EQ(s.get("/file.txt", "Range: bytes=0-1\r\nIf-Range: Thu, 01 Jan 1998 00:00:00 GMT\r\n").status, 200);
}

// The parts of a multipart/byteranges body, each as its Content-Range, '=' and its bytes.
std::vector<std::string> parts_of(const reply& r) {
  const std::string type = r["Content-Type"];
  const std::string start = "multipart/byteranges; boundary=";
  EXPECT_TRUE(type.starts_with(start)) << type;
  const std::string line = "\r\n--" + type.substr(std::min(start.size(), type.size()));
  std::vector<std::string> parts;
  const std::string body = "\r\n" + r.body;
  EXPECT_TRUE(body.ends_with(line + "--\r\n"));
  std::size_t at = 0;
  for (std::size_t end = body.find(line, 1); at == 0 || end != std::string::npos; end = body.find(line, at + 1)) {
    const std::string part = body.substr(at + line.size(), end - at - line.size());
    const std::size_t blank = part.find("\r\n\r\n");
    const std::string name = "\r\nContent-Range: ";
    EXPECT_EQ(part.find(name), 0U) << part;
    EXPECT_NE(part.find("\r\nContent-Type: text/plain; charset=utf-8\r\n"), std::string::npos) << part;
    parts.push_back(part.substr(name.size(), part.find("\r\n", 2) - name.size()) + "=" + part.substr(blank + 4));
    at = end;
  }
  return parts;
}

TEST(http_files, TestServeFile_SeveralRanges) {
  file_site s;
  const std::pair<const char*, std::vector<std::string>> cases[] = {
      {"bytes=0-0,-2", {"bytes 0-0/10=0", "bytes 8-9/10=89"}},
      {"bytes=0-1,5-8", {"bytes 0-1/10=01", "bytes 5-8/10=5678"}},
      {"bytes=0-1,5-", {"bytes 0-1/10=01", "bytes 5-9/10=56789"}},
      {"bytes=5-6,0-1", {"bytes 5-6/10=56", "bytes 0-1/10=01"}},
      {"bytes=0-3,2-4", {"bytes 0-3/10=0123", "bytes 2-4/10=234"}},
      {"bytes=0-0,20-30,9-", {"bytes 0-0/10=0", "bytes 9-9/10=9"}},
      {"bytes=   1 -2   ,  4- 5, 7 - 8 , ,,", {"bytes 1-2/10=12", "bytes 4-5/10=45", "bytes 7-8/10=78"}},
  };
  for (const auto& [range, parts] : cases) {
    raw_client c = s.server.client();
    const std::string request = "/file.txt HTTP/1.1\r\nHost: a\r\nRange: " + std::string(range) + "\r\n\r\n";
    const reply r = c.ask("GET " + request);
    EXPECT_EQ(r.status, 206) << range;
    EXPECT_EQ(r["Content-Length"], std::to_string(r.body.size()));
    EXPECT_EQ(r["Content-Range"], "");
    EXPECT_EQ(parts_of(r), parts) << range;
    EXPECT_EQ(c.ask("HEAD " + request)["Content-Length"], r["Content-Length"]);
    EXPECT_EQ(c.get("/file.txt").body, "0123456789") << "the connection goes on";
  }
}

TEST(http_files, TestServeFile_RangesThatGetTheWholeFile) {
  file_site s;
  const std::string many = [] {
    std::string list = "bytes=0-0";
    for (int i = 1; i <= 64; ++i) {
      list += "," + std::to_string(i) + "-" + std::to_string(i);
    }
    return list;
  }();
  for (const char* const range : {"bytes=0-,1-,2-,3-,4-", "bytes=0-9,0-0", "bytes=0-5,-5",
                                  "bytes=0-18446744073709551616,1-2", "bytes=0-2,5-4", "bytes=,", "bytes= , ,  ,"}) {
    const reply r = s.get("/file.txt", "Range: " + std::string(range) + "\r\n");
    EXPECT_EQ(r.status, 200) << range;
    EXPECT_EQ(r.body, "0123456789") << range;
  }
  EXPECT_EQ(s.get("/large.bin", "Range: " + many + "\r\n").status, 200);
  EXPECT_EQ(s.get("/large.bin", "Range: " + many.substr(0, many.rfind(',')) + "\r\n").status, 206);
  EXPECT_EQ(s.get("/empty", "Range: bytes=0-4\r\n").status, 200) << "some clients send one with every request";
  const reply none = s.get("/file.txt", "Range: bytes=10-11, 20-\r\n");
  EXPECT_EQ(none.status, 416);
  EXPECT_EQ(none["Content-Range"], "bytes */10");
}

TEST(http_files, LargePartsComeWhole) {
  file_site s;
  const reply r = s.get("/large.bin", "Range: bytes=0-99999,200000-299999\r\n");
  EXPECT_EQ(r.status, 206);
  EXPECT_EQ(static_cast<std::size_t>(std::count(r.body.begin(), r.body.end(), 'x')), 200000U);
  EXPECT_EQ(r["Content-Length"], std::to_string(r.body.size()));
}

TEST(http_files, TestStripPrefix) {
  folder files;
  http::router routes;
  routes.handle("/static/", http::strip_prefix("/static", http::file_server(files.served())));
  running s(http::server_options{.handler = routes});
  EXPECT_EQ(s.client().get("/static/file.txt").body, "0123456789");
  EXPECT_EQ(s.client().get("/static/dir")["Location"], "dir/");
  EXPECT_EQ(s.client().get("/file.txt").status, 404);
}

TEST(http_files, AccessLog) {
  std::mutex lock;
  std::vector<std::string> lines;
  http::handler inner = [](http::response_writer& w, http::request& r) {
    if (r.path() == "/throw") {
      throw http::abort_handler{};
    }
    w.status(201);
    w.write("abc");
  };
  running s(http::access_log([&](std::string_view line) {
    const std::lock_guard guard(lock);
    lines.emplace_back(line);
  })(inner));
  EXPECT_EQ(s.client().get("/a?b").status, 201);
  raw_client c = s.client();
  c.send("GET /throw HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(c.closed());
  EXPECT_FALSE(s.server.shutdown(goro::background()));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[0].find("\"GET /a?b HTTP/1.1\" 201 3 "), std::string::npos) << lines[0];
  EXPECT_NE(lines[1].find("\"GET /throw HTTP/1.1\""), std::string::npos) << lines[1];
}

TEST(http_files, EventStream) {
  running s([](auto& w, auto&) {
    http::event_stream events(w);
    events.send("one\ntwo", "news", "7");
    events.send("x\r");
  });
  const reply r = s.client().get("/");
  EXPECT_EQ(r["Content-Type"], "text/event-stream");
  EXPECT_EQ(r.body, "event: news\nid: 7\ndata: one\ndata: two\n\ndata: x \n\n");
}

TEST(http_files, MaxBytesMiddleware) {
  running s(http::max_bytes(3)([](http::response_writer& w, http::request& r) { w.write(r.body().read_all()); }));
  EXPECT_EQ(s.client().ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc").body, "abc");
  EXPECT_EQ(s.client().ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd").status, 413);
}

}  // namespace
