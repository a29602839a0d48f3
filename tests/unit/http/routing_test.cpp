// Patterns and the choice among them. Names in capitals are those of Go's net/http/pattern_test.go and
// routing_tree_test.go.
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "goro/panic.hpp"
#include "http/routing_table.hpp"

namespace goro::http::detail {
namespace {

using kind = segment::kind;

std::string text_of(const pattern& p) {
  std::string text = p.method + "|" + p.host + "|";
  for (const segment& s : p.segments) {
    text += (s.what == kind::literal ? " " : s.what == kind::single ? " $" : " *") + s.text;
  }
  return text;
}

std::string panic_of(auto f) {
  try {
    f();
  } catch (const panic_error& e) {
    return e.what();
  }
  return "none";
}

TEST(HttpPattern, TestParsePattern) {
  const std::pair<const char*, const char*> cases[] = {
      {"/", "|| *"},
      {"/a", "|| a"},
      {"/a/", "|| a *"},
      {"/path/to/something", "|| path to something"},
      {"/{w1}/lit/{w2}", "|| $w1 lit $w2"},
      {"/{w1}/lit/{w2}/", "|| $w1 lit $w2 *"},
      {"example.com/", "|example.com| *"},
      {"GET /", "GET|| *"},
      {"POST example.com/foo/{w}", "POST|example.com| foo $w"},
      {"/{$}", "|| /"},
      {"DELETE example.com/a/{foo12}/{$}", "DELETE|example.com| a $foo12 /"},
      {"/foo/{$}", "|| foo /"},
      {"/{a}/foo/{rest...}", "|| $a foo *rest"},
      {"/{rest...}", "|| *rest"},
      {"//", "panic"},  // not clean
      {"/%61%62/%7b/%", "|| ab { %"},
      {"GET\t  /", "GET|| *"},
  };
  for (const auto& [text, expected] : cases) {
    if (std::string(expected) != "panic") {
      EXPECT_EQ(text_of(pattern::parse(text)), expected) << text;
    }
  }
}

TEST(HttpPattern, TestParsePatternError) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "empty pattern"},
      {"A=B /", "invalid method"},
      {" ", "invalid method"},
      {"/{w}x", "bad wildcard segment (must end with '}')"},
      {"/x{w}", "bad wildcard segment (must start with '{')"},
      {"/{wx", "bad wildcard segment (must end with '}')"},
      {"/a/{/}/c", "bad wildcard segment (must end with '}')"},
      {"/a/{%61}/c", "bad wildcard name"},
      {"/{a$}", "bad wildcard name"},
      {"/{}", "empty wildcard"},
      {"POST a.com/x/{}/y", "empty wildcard"},
      {"/{...}", "empty wildcard"},
      {"/{$...}", "bad wildcard"},
      {"/{$}/", "{$} not at end"},
      {"/{$}/x", "{$} not at end"},
      {"/abc/{$}/x", "{$} not at end"},
      {"/{a...}/", "{...} wildcard not at end"},
      {"/{a...}/x", "{...} wildcard not at end"},
      {"{a}/b", "host contains '{' (missing initial '/'?)"},
      {"/a/{x}/b/{x...}", "duplicate wildcard name"},
      {"GET //", "unclean path"},
      {"/a/../b", "unclean path"},
      {"GET", "host/path missing /"},
  };
  for (const auto& [text, why] : cases) {
    EXPECT_NE(panic_of([t = text] { pattern::parse(t); }).find(why), std::string::npos)
        << text << ": " << panic_of([t = text] { pattern::parse(t); });
  }
}

TEST(HttpPattern, TestCompareMethodsAndPaths) {
  const auto r = [](const char* a, const char* b) { return compare(pattern::parse(a), pattern::parse(b)); };
  const std::tuple<const char*, const char*, relation> cases[] = {
      {"/", "/", relation::equivalent},
      {"GET /", "GET /", relation::equivalent},
      {"HEAD /", "HEAD /", relation::equivalent},
      {"GET /", "POST /", relation::disjoint},
      {"/", "POST /", relation::more_general},
      {"GET /", "HEAD /", relation::more_general},
      {"/a", "/b", relation::disjoint},
      {"/a", "/{x}", relation::more_specific},
      {"/a/{x}", "/{x}/a", relation::overlapping},
      {"/{x}", "/{y}", relation::equivalent},
      {"/{x...}", "/", relation::equivalent},
      {"/a/", "/a/{x...}", relation::equivalent},
      {"/a/{x...}", "/a/b", relation::more_general},
      {"/a/{x...}", "/a/{y}/b", relation::more_general},
      {"/a/{x...}", "/{y}/b", relation::overlapping},
      {"/a/{$}", "/a/", relation::more_specific},
      {"/a/{$}", "/a/{x}", relation::disjoint},
      {"/{$}", "/{x...}", relation::more_specific},
      {"/{x}/{y}", "/{x}/{$}", relation::disjoint},
      {"/a/b", "/a", relation::disjoint},
      {"/a/{z}/{m...}", "/{z}/b/", relation::overlapping},
      {"/a/{z}/{m...}", "/{z}/b/{y...}", relation::overlapping},
      {"GET /", "/a", relation::overlapping},
      {"GET /{x}", "/a", relation::overlapping},
      {"/", "GET /a", relation::more_general},
  };
  for (const auto& [a, b, expected] : cases) {
    EXPECT_EQ(r(a, b), expected) << a << " and " << b;
    const relation inverse = expected == relation::more_general    ? relation::more_specific
                             : expected == relation::more_specific ? relation::more_general
                                                                   : expected;
    EXPECT_EQ(r(b, a), inverse) << b << " and " << a;
  }
}

TEST(HttpPattern, TestConflictsWith) {
  const std::tuple<const char*, const char*, bool> cases[] = {
      {"/a", "/a", true},
      {"/a", "/ab", false},
      {"/a/b/cd", "/a/b/cd", true},
      {"/a/b/cd", "/a/b/c", false},
      {"/a/b/c", "/a/c/c", false},
      {"/{x}", "/{y}", true},
      {"/{x}", "/a", false},
      {"/{x}/{y}", "/{x}/a", false},
      {"/{x}/{y}", "/{x}/a/b", false},
      {"/{x}", "/a/{y}", false},
      {"/{x}/{y}", "/{x}/a/", false},
      {"/{x}", "/a/{y...}", false},
      {"/{x}/a/{y}", "/{x}/a/{y...}", false},
      {"/{x}/{y}", "/{x}/a/{$}", false},
      {"/{x}/{y}/{$}", "/{x}/a/{$}", false},
      {"/a/{x}", "/{x}/b", true},
      {"/", "GET /", false},
      {"/", "GET /foo", false},
      {"GET /", "GET /foo", false},
      {"GET /", "/foo", true},
      {"GET /foo", "HEAD /", true},
  };
  for (const auto& [a, b, expected] : cases) {
    EXPECT_EQ(in_conflict(pattern::parse(a), pattern::parse(b)), expected) << a << " and " << b;
    EXPECT_EQ(in_conflict(pattern::parse(b), pattern::parse(a)), expected) << b << " and " << a;
  }
}

TEST(HttpPattern, TestRegisterConflict) {
  routing_table table;
  table.add("/a/{x}/");
  EXPECT_EQ(panic_of([&] { table.add("/a/{y}/{z...}"); }),
            "http: pattern \"/a/{y}/{z...}\" conflicts with pattern \"/a/{x}/\": both match the same requests");
  EXPECT_EQ(table.add("/a/{y}/{z}"), 1U) << "a refused pattern leaves no trace";
}

TEST(HttpPattern, TestDescribeConflict) {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"/a/{x}", "/a/{y}", "both match the same requests"},
      {"/", "/{m...}", "both match the same requests"},
      {"/a/{x}", "/{y}/b", "both match paths such as \"/a/b\", and neither is more specific"},
      {"/a/{x}", "/{y}/{$}", nullptr},
      {"GET /", "/foo", "\"GET /\" matches fewer methods, but has a more general path than \"/foo\""},
      {"/foo", "HEAD /", "\"HEAD /\" matches fewer methods, but has a more general path than \"/foo\""},
  };
  for (const auto& [a, b, why] : cases) {
    if (why != nullptr) {
      const std::string text = describe_conflict(pattern::parse(a), pattern::parse(b));
      EXPECT_NE(text.find(why), std::string::npos) << text;
    }
  }
}

struct route_case {
  const char* method;
  const char* host;
  const char* path;
  const char* pattern;  // "" for none
  std::vector<std::string> values;
};

void expect_routes(const routing_table& table, const std::vector<route_case>& cases) {
  for (const route_case& c : cases) {
    captures found;
    const std::size_t route = table.match(c.host, c.method, c.path, found);
    EXPECT_EQ(route == no_route ? "" : table[route].text, c.pattern) << c.method << " " << c.host << c.path;
    if (route != no_route) {
      EXPECT_EQ(found, c.values) << c.method << " " << c.host << c.path;
    }
  }
}

TEST(HttpRouting, TestRoutingNodeMatch) {
  routing_table table;
  for (const char* const p : {"/a", "/a/b", "/a/{x}", "/g/h/i", "/g/{x}/j", "/a/b/{x...}", "/a/b/{y}", "/a/b/{$}"}) {
    table.add(p);
  }
  expect_routes(table, {{"GET", "", "/a", "/a", {}},
                        {"GET", "", "/b", "", {}},
                        {"GET", "", "/a/b", "/a/b", {}},
                        {"GET", "", "/a/c", "/a/{x}", {"c"}},
                        {"GET", "", "/a/b/", "/a/b/{$}", {}},
                        {"GET", "", "/a/b/c", "/a/b/{y}", {"c"}},
                        {"GET", "", "/a/b/c/d", "/a/b/{x...}", {"c/d"}},
                        {"GET", "", "/g/h/i", "/g/h/i", {}},
                        {"GET", "", "/g/h/j", "/g/{x}/j", {"h"}},
                        {"GET", "", "/g/h/k", "", {}}});
}

TEST(HttpRouting, TestRoutingNodeMatch_MethodsAndHosts) {
  routing_table table;
  for (const char* const p : {"/item/", "GET /item/{user}", "POST /item/{user}", "/item/{user}/{id}", "HEAD /other",
                              "GET /head", "a.com/item/", "GET b.com/{x}", "/{$}", "POST alt.com/item/{user}"}) {
    table.add(p);
  }
  expect_routes(table, {{"GET", "", "/item/jba", "GET /item/{user}", {"jba"}},
                        {"HEAD", "", "/item/jba", "GET /item/{user}", {"jba"}},
                        {"POST", "", "/item/jba", "POST /item/{user}", {"jba"}},
                        {"POST", "alt.com", "/item/jba", "POST alt.com/item/{user}", {"jba"}},
                        {"PUT", "", "/item/jba", "/item/", {}},
                        {"GET", "", "/item/jba/17", "/item/{user}/{id}", {"jba", "17"}},
                        {"GET", "", "/item/", "/item/", {}},
                        {"GET", "", "/item/a/b/c", "/item/", {}},
                        {"GET", "a.com", "/item/jba", "a.com/item/", {}},
                        {"GET", "b.com", "/z", "GET b.com/{x}", {"z"}},
                        {"POST", "b.com", "/z", "", {}},
                        {"GET", "", "/z", "", {}},
                        {"GET", "", "/", "/{$}", {}},
                        {"GET", "", "/other", "", {}},
                        {"HEAD", "", "/head", "GET /head", {}}});
}

TEST(HttpRouting, TestEscapedPath) {
  routing_table table;
  for (const char* const p : {"/a%2Fb", "/{x}/c", "/%61", "/s/t/{rest...}"}) {
    table.add(p);
  }
  expect_routes(table, {{"GET", "", "/a%2Fb", "/a%2Fb", {}},
                        {"GET", "", "/a%2Fb/c", "/{x}/c", {"a/b"}},
                        {"GET", "", "/a", "/%61", {}},
                        {"GET", "", "/%61", "/%61", {}},
                        {"GET", "", "/s/t/x%20y/z%2Fw", "/s/t/{rest...}", {"x y/z/w"}}});
}

TEST(HttpRouting, TestMatchingMethods) {
  routing_table table;
  for (const char* const p : {"GET /a", "POST /a", "DELETE /a/", "PUT /b/{x}", "GET h.com/a/b", "PATCH /c/{$}"}) {
    table.add(p);
  }
  EXPECT_EQ(table.methods_for("", "/a"), "DELETE, GET, HEAD, POST");
  EXPECT_EQ(table.methods_for("", "/a/"), "DELETE");
  EXPECT_EQ(table.methods_for("", "/b/1"), "PUT");
  EXPECT_EQ(table.methods_for("", "/x"), "");
  EXPECT_EQ(table.methods_for("h.com", "/a/b"), "DELETE, GET, HEAD");
}

TEST(HttpRouting, TestExactMatch) {
  routing_table table;
  for (const char* const p : {"/a", "/a/", "/b/", "/c/{x}/", "/d/{rest...}", "/e/{$}"}) {
    table.add(p);
  }
  const auto wants = [&](const char* path) {
    captures found;
    return table.wants_slash(table.match("", "GET", path, found), "", "GET", path);
  };
  EXPECT_FALSE(wants("/a"));
  EXPECT_TRUE(wants("/b"));
  EXPECT_FALSE(wants("/b/"));
  EXPECT_TRUE(wants("/c/1"));
  EXPECT_FALSE(wants("/c/1/2"));
  EXPECT_TRUE(wants("/d"));
  EXPECT_TRUE(wants("/e"));
  EXPECT_FALSE(wants("/f"));
}

}  // namespace
}  // namespace goro::http::detail
