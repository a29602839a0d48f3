#include <goro/goro.hpp>

#include <gtest/gtest.h>

TEST(numbers, Pass) { EXPECT_EQ(1, 1); }
TEST(numbers, Fail) { EXPECT_EQ(1, 2); }
TEST(words, Pass) { EXPECT_NE(goro::make_chan<int>(), goro::make_chan<int>()); }
