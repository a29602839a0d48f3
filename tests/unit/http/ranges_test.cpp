// Which bytes a Range field asks for.
#include "http/ranges.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace goro::http::detail {
namespace {

struct asked {
  range_outcome outcome;
  std::vector<byte_range> ranges;
};

asked ask(const std::string& range, std::uint64_t size) {
  headers request;
  request.set("Range", range);
  asked a;
  a.outcome = choose_ranges(request, size, {"\"tag\"", 0}, a.ranges);
  return a;
}

TEST(HttpRanges, TestParseRange) {
  const std::tuple<const char*, std::uint64_t, std::vector<byte_range>> good[] = {
      {"bytes=0-9", 10, {{0, 10}}},
      {"bytes=0-", 10, {{0, 10}}},
      {"bytes=5-", 10, {{5, 5}}},
      {"bytes=0-20", 10, {{0, 10}}},
      {"bytes=15-,0-5", 10, {{0, 6}}},
      {"bytes=1-2,5-", 10, {{1, 2}, {5, 5}}},
      {"bytes=-2 , 7-", 11, {{9, 2}, {7, 4}}},
      {"bytes=0-0 ,2-2, 7-", 11, {{0, 1}, {2, 1}, {7, 4}}},
      {"bytes=-5", 10, {{5, 5}}},
      {"bytes=-15", 10, {{0, 10}}},
      {"bytes=0-499", 10000, {{0, 500}}},
      {"bytes=-500", 10000, {{9500, 500}}},
      {"bytes=9500-", 10000, {{9500, 500}}},
      {"bytes=0-0,-1", 10000, {{0, 1}, {9999, 1}}},
      {"bytes=500-600,601-999", 10000, {{500, 101}, {601, 399}}},
      {"bytes=500-700,601-999", 10000, {{500, 201}, {601, 399}}},
      {"bytes=   1 -2   ,  4- 5, 7 - 8 , ,,", 11, {{1, 2}, {4, 2}, {7, 2}}},
      {"bytes=0-9223372036854775807", 10, {{0, 10}}},
  };
  for (const auto& [range, size, ranges] : good) {
    const asked a = ask(range, size);
    EXPECT_EQ(a.outcome, range_outcome::parts) << range;
    EXPECT_EQ(a.ranges, ranges) << range;
  }
  for (const char* const range : {"",
                                  "foo",
                                  "bytes=",
                                  "bytes=7",
                                  "bytes= 7 ",
                                  "bytes=5-4",
                                  "bytes=0-2,5-4",
                                  "bytes=2-5,4-3",
                                  "bytes=--5,4--3",
                                  "bytes=A-",
                                  "bytes=A- ",
                                  "bytes=A-Z",
                                  "bytes= -Z",
                                  "bytes=5-Z",
                                  "bytes=Ran-dom, garbage",
                                  "bytes=0x01-0x02",
                                  "bytes=         ",
                                  "bytes= , , ,   ",
                                  "bytes=0-9,0-0",
                                  "bytes=1-9223372036854775808",
                                  "chars=1-2"}) {
    EXPECT_EQ(ask(range, 10).outcome, range_outcome::whole) << range;
  }
  EXPECT_EQ(ask("bytes=0-1", 0).outcome, range_outcome::whole);
  for (const char* const range : {"bytes=10-", "bytes=10-11,99-", "bytes=-0"}) {
    EXPECT_EQ(ask(range, 10).outcome, range_outcome::not_satisfiable) << range;
  }
}

TEST(HttpRanges, LengthOfABodyOfSeveralParts) {
  const std::vector<byte_range> parts = {{0, 1}, {5, 100}};
  const byteranges_frame frame("text/plain", 1000);
  const std::string body =
      frame.before(parts[0], true) + "x" + frame.before(parts[1], false) + std::string(100, 'y') + frame.end();
  EXPECT_EQ(frame.length(parts), body.size());
  EXPECT_NE(frame.content_type(), byteranges_frame("text/plain", 1000).content_type());
}

}  // namespace
}  // namespace goro::http::detail
