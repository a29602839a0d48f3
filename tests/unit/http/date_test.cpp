// Dates as HTTP writes them, and as it has to accept them.
#include "http/date.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace goro::http::detail {
namespace {

constexpr std::int64_t example = 784111777;  // RFC 9110, section 5.6.7

TEST(Date, TheThreeFormsOfTheStandard) {
  EXPECT_EQ(format_date(example), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(parse_date("Sun, 06 Nov 1994 08:49:37 GMT"), example);
  EXPECT_EQ(parse_date("Sunday, 06-Nov-94 08:49:37 GMT"), example);
  EXPECT_EQ(parse_date("Sun Nov  6 08:49:37 1994"), example);
  EXPECT_EQ(parse_date("Wed Nov 16 08:49:37 1994"), example + std::int64_t{10} * 86400);
}

TEST(Date, EdgesOfTime) {
  EXPECT_EQ(format_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(format_date(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
  EXPECT_EQ(format_date(951782400), "Tue, 29 Feb 2000 00:00:00 GMT");
  EXPECT_EQ(format_date(253402300799), "Fri, 31 Dec 9999 23:59:59 GMT");
  EXPECT_EQ(parse_date("Thu, 01 Jan 1970 00:00:60 GMT"), 60) << "a leap second is written so";
}

TEST(Date, YearsOfTwoDigitsAreThoseNearby) {
  EXPECT_EQ(parse_date("Thursday, 01-Jan-70 00:00:00 GMT"), 0);
  EXPECT_EQ(format_date(parse_date("Friday, 01-Jan-69 00:00:00 GMT").value_or(0)), "Tue, 01 Jan 2069 00:00:00 GMT");
}

TEST(Date, WhatIsWrittenIsReadAgain) {
  base::random random(7);
  for (int i = 0; i < 10'000; ++i) {
    const auto seconds = std::int64_t{random.below(2'932'897)} * 86400 + random.below(86400);  // to the year 9999
    const std::string text = format_date(seconds);
    ASSERT_EQ(text.size(), date_size);
    ASSERT_EQ(parse_date(text), seconds) << text;
  }
}

TEST(Date, NothingElseIsADate) {
  for (const char* text : {
           "",
           "Sun",
           "Sun,",
           "Sun, ",
           "784111777",
           "Sun, 06 Nov 1994 08:49:37",
           "Sun, 06 Nov 1994 08:49:37 UTC",
           "Sun, 06 Nov 1994 08:49:37 GMT ",
           " Sun, 06 Nov 1994 08:49:37 GMT",
           "Sun, 6 Nov 1994 08:49:37 GMT",
           "Sun, 06 nov 1994 08:49:37 GMT",
           "Sun, 06 anF 1994 08:49:37 GMT",
           "Sun, 06 Now 1994 08:49:37 GMT",
           "Sun, 31 Nov 1994 08:49:37 GMT",
           "Sun, 00 Nov 1994 08:49:37 GMT",
           "Tue, 29 Feb 2100 00:00:00 GMT",
           "Sun, 06 Nov 1994 24:00:00 GMT",
           "Sun, 06 Nov 1994 08:60:00 GMT",
           "Sun, 06 Nov 1994 08:49:61 GMT",
           "Sun, 06 Nov 94 08:49:37 GMT",
           "Sun, -6 Nov 1994 08:49:37 GMT",
           "Sun, 06 Nov 1994 8:49:37 GMT",
           "Sunday, 06-Nov-1994 08:49:37 GMT",
           "Sun Nov 06 08:49:37 94",
           "Sun Nov  6 08:49:37 1994 GMT",
       }) {
    EXPECT_EQ(parse_date(text), std::nullopt) << text;
  }
}

// Every prefix, and every single character changed: no crash, and no date unless it is one.
TEST(Date, DamagedTextIsReadSafely) {
  for (const std::string whole :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    for (std::size_t i = 0; i < whole.size(); ++i) {
      EXPECT_EQ(parse_date(std::string_view(whole).substr(0, i)), std::nullopt) << whole.substr(0, i);
      std::string damaged = whole;
      for (int c = 0; c < 256; ++c) {
        damaged[i] = static_cast<char>(c);
        parse_date(damaged);
      }
    }
  }
}

}  // namespace
}  // namespace goro::http::detail
