#include "base/settings.hpp"

#include <gtest/gtest.h>

namespace goro::base {
namespace {

TEST(Settings, AreFoundByName) {
  EXPECT_EQ(setting_in("a=1,b=2", "b"), "2");
  EXPECT_EQ(setting_in("a=1,b=2", "a"), "1");
  EXPECT_EQ(setting_in("a=1,b=2", "c"), std::nullopt);
  EXPECT_EQ(setting_in("", "a"), std::nullopt);
  EXPECT_EQ(setting_in("ab=1", "a"), std::nullopt);
}

TEST(Settings, TheLastOneCounts) { EXPECT_EQ(setting_in("a=1,a=2", "a"), "2"); }

TEST(Settings, ItemsWithoutAnEqualsSignBelongToTheOneBefore) {
  EXPECT_EQ(setting_in("deny=guard,reserve:3,trace=1", "deny"), "guard,reserve:3");
  EXPECT_EQ(setting_in("deny=guard,reserve:3,trace=1", "trace"), "1");
  EXPECT_EQ(setting_in("trace=1,deny=x,y", "deny"), "x,y");
}

TEST(Settings, NonsenseIsSkipped) {
  EXPECT_EQ(setting_in(",,=,x,a=1,", "a"), "1");
  EXPECT_EQ(setting_in("a", "a"), std::nullopt);
  EXPECT_EQ(setting_in("a=", "a"), "");
}

}  // namespace
}  // namespace goro::base
