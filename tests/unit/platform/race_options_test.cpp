// GORORACE, and what of it ThreadSanitizer gets to see.
#include "platform/race_options.hpp"

#include <string>

#include <gtest/gtest.h>

namespace {

using goro::platform::race_options;
using goro::platform::read_race_options;

struct race_options_text : ::testing::Test {
  race_options options;
  char space[1024];
  std::string read(std::string_view text) {
    return std::string(read_race_options(text, options, space, sizeof(space)));
  }
};

TEST_F(race_options_text, Defaults) {
  const std::string passed = read("");
  EXPECT_EQ(options.exit_status, 66);
  EXPECT_FALSE(options.halt_on_error);
  EXPECT_EQ(options.exit_pause, 1'000'000'000);
  EXPECT_NE(passed.find("symbolize=0"), std::string::npos);
}

TEST_F(race_options_text, OwnItemsAreTaken) {
  const std::string passed = read("log_path=/tmp/x halt_on_error=1,strip_path_prefix=/src/ atexit_sleep_ms=5");
  EXPECT_EQ(options.log_path, "/tmp/x");
  EXPECT_TRUE(options.halt_on_error);
  EXPECT_EQ(options.strip_path_prefix, "/src/");
  EXPECT_EQ(options.exit_pause, 5'000'000);
  EXPECT_EQ(passed.find("log_path"), std::string::npos);
}

TEST_F(race_options_text, OthersArePassedOn) {
  const std::string passed = read("exitcode=13 history_size=4 suppress_equal_stacks=0");
  EXPECT_EQ(options.exit_status, 13);
  EXPECT_FALSE(options.suppress_equal_stacks);
  EXPECT_TRUE(passed.ends_with(" exitcode=13 history_size=4 suppress_equal_stacks=0"));
}

TEST_F(race_options_text, NonsenseLeavesTheDefault) {
  read("exitcode=many halt_on_error=perhaps atexit_sleep_ms=-1 word =");
  EXPECT_EQ(options.exit_status, 66);
  EXPECT_FALSE(options.halt_on_error);
  EXPECT_EQ(options.exit_pause, 1'000'000'000);
}

TEST_F(race_options_text, IsCutOffWhereTheSpaceEnds) {
  char little[16];
  EXPECT_EQ(read_race_options("history_size=4", options, little, sizeof(little)).size(), sizeof(little) - 1);
}

}  // namespace
