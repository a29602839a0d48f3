// The parsers alone: what is refused and why, and that it does not matter in which pieces a message arrives.
#include <gtest/gtest.h>

#include <string>

#include "smuggling_corpus.hpp"
#include "whole_request.hpp"

namespace goro::http::detail {
namespace {

whole_request read_one(std::string_view text, std::size_t step = 1 << 20, std::size_t max_head = 1 << 16) {
  return request_feeder(text, step).next(max_head);
}

TEST(HttpParser, CorpusGetsItsAnswers) {
  for (const corpus_entry& entry : smuggling_corpus) {
    const whole_request got = read_one(entry.message);
    EXPECT_EQ(got.why == refusal::none ? 0 : answer_to(got.why).status, entry.status)
        << entry.name << ": " << answer_to(got.why).reason;
    EXPECT_EQ(got.complete, entry.status == 0) << entry.name;
  }
}

TEST(HttpParser, PiecesDoNotMatter) {
  for (const corpus_entry& entry : smuggling_corpus) {
    const whole_request at_once = read_one(entry.message);
    for (const std::size_t step : {1, 2, 3, 7, 16}) {
      const whole_request got = read_one(entry.message, step);
      EXPECT_EQ(got.complete, at_once.complete) << entry.name << " by " << step;
      EXPECT_EQ(got.why == refusal::none, at_once.why == refusal::none) << entry.name << " by " << step;
      if (at_once.complete) {
        EXPECT_EQ(got, at_once) << entry.name << " by " << step;
      }
    }
  }
}

TEST(HttpParser, WithoutItsEndNoCorrectMessageIsComplete) {
  for (const corpus_entry& entry : smuggling_corpus) {
    for (std::size_t n = 0; entry.status == 0 && n < entry.message.size(); ++n) {
      const whole_request got = read_one(entry.message.substr(0, n));
      EXPECT_FALSE(got.complete) << entry.name << " cut at " << n;
      EXPECT_EQ(got.why, refusal::none) << entry.name << " cut at " << n;
    }
  }
}

TEST(HttpParser, PipelinedRequestsFollowEachOther) {
  const std::string text =
      "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
      "POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1;x\r\nf\r\n0\r\nA: b\r\n\r\n"
      "GET /3 HTTP/1.1\r\nHost: a\r\n\r\nrest";
  for (const std::size_t step : {1, 5, 1000}) {
    request_feeder feeder(text, step);
    const whole_request first = feeder.next();
    EXPECT_EQ(first.target, "/1");
    EXPECT_EQ(first.body, "abc");
    const whole_request second = feeder.next();
    EXPECT_EQ(second.target, "/2");
    EXPECT_EQ(second.body, "def");
    ASSERT_EQ(second.trailers.size(), 1U);
    EXPECT_EQ(second.trailers[0].second, "b");
    EXPECT_EQ(feeder.next().target, "/3");
    EXPECT_EQ(feeder.rest(), "rest");
  }
}

TEST(HttpParser, FieldsComeInOrderAndTrimmed) {
  const whole_request got = read_one("GET /p?q HTTP/1.1\r\nHost: a\r\nb:  x y\t \r\nA:\r\n\r\n");
  ASSERT_EQ(got.fields.size(), 3U);
  EXPECT_EQ(got.fields[1], (std::pair<std::string, std::string>("b", "x y")));
  EXPECT_EQ(got.fields[2], (std::pair<std::string, std::string>("A", "")));
  EXPECT_EQ(got.method, "GET");
  EXPECT_EQ(got.target, "/p?q");
}

TEST(HttpParser, LimitOfTheHead) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(100, 'x') + "\r\n\r\n";
  for (const std::size_t step : {1, 1000}) {
    EXPECT_TRUE(read_one(head, step, head.size() + 1).complete);
    EXPECT_EQ(read_one(head, step, head.size() - 1).why, refusal::head_too_large);
    EXPECT_EQ(read_one(head, step, 60).why, refusal::head_too_large);
    EXPECT_EQ(read_one("GET /" + std::string(100, 'x') + " HTTP/1.1\r\n", step, 60).why, refusal::target_too_long);
  }
}

TEST(HttpParser, ConnectionPersists) {
  const auto keeps = [](const std::string& version, const std::string& field) {
    return read_one("GET / " + version + "\r\nHost: a\r\n" + field + "\r\n").keep_alive;
  };
  EXPECT_TRUE(keeps("HTTP/1.1", ""));
  EXPECT_FALSE(keeps("HTTP/1.0", ""));
  EXPECT_TRUE(keeps("HTTP/1.0", "Connection: Keep-Alive\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: close\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: x, CLOSE\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
}

TEST(HttpParser, ManySmallChunksAreRefused) {
  std::string body;
  for (int i = 0; i < 2000; ++i) {
    body += "1;" + std::string(40, 'x') + "\r\na\r\n";
  }
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(read_one(head + body + "0\r\n\r\n").why, refusal::too_much_chunk_overhead);
  EXPECT_EQ(read_one(head + "3;" + std::string(5000, 'x')).why, refusal::too_much_chunk_overhead);

  std::string plain;
  for (int i = 0; i < 20000; ++i) {
    plain += "1\r\na\r\n";
  }
  EXPECT_EQ(read_one(head + plain + "0\r\n\r\n").body.size(), 20000U);
}

TEST(HttpParser, Responses) {
  const auto parse = [](std::string_view text) {
    head_parser parser(head_kind::response, 1000);
    parser.next(text);
    return parser;
  };
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\n").status(), 200);
  EXPECT_EQ(parse("HTTP/1.1 404 Not Found\r\n").reason(), "Not Found");
  EXPECT_EQ(parse("HTTP/1.0 204 \r\n").minor_version(), 0);
  EXPECT_EQ(parse("HTTP/1.1 200\r\n").status(), 200);
  for (const std::string_view bad :
       {"HTTP/1.1 20 OK\r\n", "HTTP/1.1  200 OK\r\n", "HTTP/1.1 2000 OK\r\n", "HTTP/1.1 099 X\r\n",
        "HTTP/2.0 200 OK\r\n", "HTTP/1.1 -20 OK\r\n", "200 OK\r\n", "HTTP/1.1 200 O\rK\r\n", "HTTP/1.1 200 OK\n"}) {
    EXPECT_NE(parse(bad).why(), refusal::none) << bad;
  }
}

TEST(HttpParser, WhereResponsesEnd) {
  const auto kind_of = [](bool head, int status,
                          std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
    framing frame;
    for (const auto& [name, value] : fields) {
      EXPECT_EQ(frame.note(name, value), refusal::none);
    }
    EXPECT_EQ(frame.finish_response(head, status, 1), refusal::none);
    return frame.body();
  };
  EXPECT_EQ(kind_of(false, 200, {{"Content-Length", "3"}}), body_kind::sized);
  EXPECT_EQ(kind_of(true, 200, {{"Content-Length", "3"}}), body_kind::none);
  EXPECT_EQ(kind_of(false, 304, {{"Content-Length", "3"}}), body_kind::none);
  EXPECT_EQ(kind_of(false, 204, {}), body_kind::none);
  EXPECT_EQ(kind_of(false, 103, {}), body_kind::none);
  EXPECT_EQ(kind_of(false, 200, {}), body_kind::until_close);
  EXPECT_EQ(kind_of(false, 200, {{"Transfer-Encoding", "chunked"}}), body_kind::chunked);
}

}  // namespace
}  // namespace goro::http::detail
