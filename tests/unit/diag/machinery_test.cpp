#include "diag/machinery.hpp"

#include <gtest/gtest.h>

namespace goro::diag {
namespace {

TEST(Machinery, IsTheInsideOfGoroAndOfTheLibraries) {
  EXPECT_TRUE(is_machinery("goro::sched::leave", ""));
  EXPECT_TRUE(is_machinery("goro::detail::closure<...>::run", ""));
  EXPECT_TRUE(is_machinery("goro::wait_group::go<...>::{lambda()#1}", ""));
  EXPECT_TRUE(is_machinery("std::__invoke_impl<...>", ""));
  EXPECT_TRUE(is_machinery("std::function<...>::operator()", ""));
  EXPECT_TRUE(is_machinery("__cxa_throw", ""));
  EXPECT_TRUE(is_machinery("operator()", "/usr/include/c++/12/bits/invoke.h"));
  EXPECT_TRUE(is_machinery("run", "/usr/include/goro/detail/spawn.hpp"));
  EXPECT_TRUE(is_machinery("", "/lib/x86_64-linux-gnu/libstdc++.so.6"));
}

TEST(Machinery, IsNotWhatTheUserCalled) {
  EXPECT_FALSE(is_machinery("main", "/src/main.cpp"));
  EXPECT_FALSE(is_machinery("goro::mutex::unlock", ""));
  EXPECT_FALSE(is_machinery("gorope::pull", ""));
  EXPECT_FALSE(is_machinery("std::__cxx11::basic_string<...>::at", ""));
  EXPECT_FALSE(is_machinery("std::sort<...>", "/usr/include/c++/12/bits/stl_algo.h"));
  EXPECT_FALSE(is_machinery("", "/opt/plugin.so"));
}

}  // namespace
}  // namespace goro::diag
