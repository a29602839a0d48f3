#include "diag/function_name.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace goro::diag {
namespace {

std::string shortened(std::string_view demangled) {
  std::array<char, 256> space;
  const readable_name name = shorten_function_name(demangled, space);
  return std::string{name.name} + (name.takes_parameters ? "(...)" : "()");
}

TEST(FunctionName, LosesParametersAndQualifiers) {
  EXPECT_EQ(shortened("main"), "main()");
  EXPECT_EQ(shortened("app::serve()"), "app::serve()");
  EXPECT_EQ(shortened("app::serve(int, char const*)"), "app::serve(...)");
  EXPECT_EQ(shortened("app::server::port() const"), "app::server::port()");
  EXPECT_EQ(shortened("app::run(void (*)(int), long)"), "app::run(...)");
}

TEST(FunctionName, LosesReturnTypeAndTemplateArguments) {
  EXPECT_EQ(shortened("void app::sort<int>(int*, int*)"), "app::sort<...>(...)");
  EXPECT_EQ(shortened("unsigned long app::pool<std::vector<int> >::add<char>(char&&)"),
            "app::pool<...>::add<...>(...)");
  EXPECT_EQ(shortened("decltype (f(0)) app::call<int>(int)"), "app::call<...>(...)");
  EXPECT_EQ(shortened("std::enable_if<(1>0), int>::type app::pick<int>()"), "app::pick<...>()");
}

TEST(FunctionName, LosesWhatOnlyTheLinkerNeeds) {
  EXPECT_EQ(shortened("(anonymous namespace)::helper(int)"), "helper(...)");
  EXPECT_EQ(shortened("app::(anonymous namespace)::helper()"), "app::helper()");
  EXPECT_EQ(shortened("app::serve(int) [clone .constprop.0] [clone .cold]"), "app::serve(...)");
  EXPECT_EQ(shortened("app::name[abi:cxx11]()"), "app::name()");
}

TEST(FunctionName, OfALambdaHasNoCallOperator) {
  EXPECT_EQ(shortened("main::{lambda()#1}::operator()() const"), "main::{lambda()#1}()");
  EXPECT_EQ(shortened("app::f(int) const::{lambda(int, char)#2}::operator()(int, char) const"),
            "app::f::{lambda(...)#2}(...)");
  EXPECT_EQ(shortened("auto main::{lambda(auto:1)#1}::operator()<int>(int) const"),
            "main::{lambda(...)#1}::operator()<...>(...)");
  EXPECT_EQ(shortened("main::{lambda()#1}::operator()() const::{lambda()#1}::operator()() const"),
            "main::{lambda()#1}::{lambda()#1}()");
  EXPECT_EQ(shortened("main::$_0::operator()() const"), "main::{lambda$0}()");
}

TEST(FunctionName, OfAnOperatorIsWhole) {
  EXPECT_EQ(shortened("app::counter::operator()(int)"), "app::counter::operator()(...)");
  EXPECT_EQ(shortened("app::counter::operator[](int)"), "app::counter::operator[](...)");
  EXPECT_EQ(shortened("app::operator<(app::a const&, app::a const&)"), "app::operator<(...)");
  EXPECT_EQ(shortened("std::ostream& app::operator<< <int>(std::ostream&, int)"), "app::operator<<<...>(...)");
  EXPECT_EQ(shortened("app::pointer::operator->() const"), "app::pointer::operator->()");
  EXPECT_EQ(shortened("app::a::operator unsigned long() const"), "app::a::operator unsigned long()");
  EXPECT_EQ(shortened("operator new(unsigned long)"), "operator new(...)");
  EXPECT_EQ(shortened("app::operator_table()"), "app::operator_table()");
}

TEST(FunctionName, IsCutOffWhereSpaceEnds) {
  std::array<char, 8> space;
  EXPECT_EQ(shorten_function_name("app::a_long_name(int)", space).name, "app::a_l");
}

TEST(FunctionName, SurvivesUnbalancedBrackets) {
  EXPECT_EQ(shortened("app::f<int"), "app::f<...>()");
  EXPECT_EQ(shortened("app::f(int"), "app::f(...)");
  EXPECT_EQ(shortened(")>]}"), ")>]}()");
  EXPECT_EQ(shortened(""), "()");
}

TEST(LambdaArgument, IsTheLambdaATemplateWasMadeFor) {
  EXPECT_EQ(
      lambda_argument("goro::detail::closure<main::{lambda(int, char)#1}, int>::run(goro::detail::launch_header&)"),
      "main::{lambda(int, char)#1}");
  EXPECT_EQ(lambda_argument("std::vector<int> app::map<int, main::{lambda(int)#2}&>(int, main::{lambda(int)#2}&)"),
            "main::{lambda(int)#2}");
  EXPECT_EQ(lambda_argument("int goro::run<app::f()::{lambda()#1}>(app::f()::{lambda()#1}&&)::body::call(void*)"),
            "app::f()::{lambda()#1}");
  EXPECT_EQ(lambda_argument("app::sort<int>(int*)"), "");
  EXPECT_EQ(lambda_argument("main"), "");
}

TEST(LambdaArgument, IsTheUsersWhereGoroWrapsIt) {
  EXPECT_EQ(lambda_argument("goro::detail::closure<goro::wait_group::go<main::{lambda()#1}&>(main::{lambda()#1}&)::"
                            "{lambda()#1}>::run(goro::detail::launch_header&)"),
            "main::{lambda()#1}");
  EXPECT_EQ(lambda_argument("goro::detail::closure<goro::detail::async_task<int, main::$_0, int> >::run()"),
            "main::$_0");
  EXPECT_EQ(lambda_argument("goro::detail::closure<goro::detail::async_task<int, int (*)()> >::run()"), "");
}

}  // namespace
}  // namespace goro::diag
