// Why a context ended. Names in capitals are those of Go's context/x_test.go.
#include <functional>

#include "context_support.hpp"

using namespace support;
using goro::errc;

namespace {

const std::error_code parent_cause = std::make_error_code(std::errc::address_in_use);
const std::error_code child_cause = std::make_error_code(std::errc::bad_message);
const std::error_code too_slow = std::make_error_code(std::errc::broken_pipe);
const std::error_code finished_early = std::make_error_code(std::errc::file_exists);

struct example {
  const char* name;
  std::function<goro::context()> make;
  std::error_code err;
  std::error_code cause;
};

// One chain parent -> child and what happens to it in which order.
using cause_functions =
    std::function<void(const goro::cancel_cause_func& parent, const goro::cancel_cause_func& child)>;
std::function<goro::context()> family(cause_functions events) {
  return [events = std::move(events)] {
    auto parent = goro::with_cancel_cause(goro::background());
    auto child = goro::with_cancel_cause(parent.ctx);
    events(parent.cancel, child.cancel);
    return child.ctx;
  };
}

std::vector<example> cancellations() {
  return {
      {"background", [] { return goro::background(); }, {}, {}},
      {"todo", [] { return goro::todo(); }, {}, {}},
      {"with_cancel", [] { return goro::with_cancel(goro::background()).ctx; }, errc::canceled, errc::canceled},
      {"with_cancel_cause", family([](auto&, auto& child) { child(child_cause); }), errc::canceled, child_cause},
      {"with_cancel_cause without", family([](auto&, auto& child) { child(); }), errc::canceled, errc::canceled},
      {"parent before child", family([](auto& parent, auto& child) {
         parent(parent_cause);
         child(child_cause);
       }),
       errc::canceled, parent_cause},
      {"parent after child", family([](auto& parent, auto& child) {
         child(child_cause);
         parent(parent_cause);
       }),
       errc::canceled, child_cause},
      {"parent before nothing", family([](auto& parent, auto& child) {
         parent(parent_cause);
         child();
       }),
       errc::canceled, parent_cause},
      {"parent after nothing", family([](auto& parent, auto& child) {
         child();
         parent(parent_cause);
       }),
       errc::canceled, errc::canceled},
      {"child after nothing", family([](auto& parent, auto& child) {
         parent();
         child(child_cause);
       }),
       errc::canceled, errc::canceled},
      {"child before nothing", family([](auto& parent, auto& child) {
         child(child_cause);
         parent();
       }),
       errc::canceled, child_cause},
  };
}

// A context with a time, under one with a cause; `events` may cancel the outer one.
std::function<goro::context()> timed(std::chrono::seconds timeout, std::error_code cause,
                                     std::function<void(const goro::cancel_cause_func&)> events) {
  return [=] {
    auto outer = goro::with_cancel_cause(goro::background());
    auto inner = goro::with_timeout(outer.ctx, timeout, cause);
    events(outer.cancel);
    return inner.ctx;
  };
}

std::vector<example> timeouts() {
  const auto nothing = [](auto&) {};
  const auto cancel = [](auto& outer) { outer(finished_early); };
  return {
      {"timeout", timed(0s, {}, nothing), errc::deadline_exceeded, errc::deadline_exceeded},
      {"timeout cancelled", timed(3600s, {}, nothing), errc::canceled, errc::canceled},
      {"timeout with cause", timed(0s, too_slow, nothing), errc::deadline_exceeded, too_slow},
      {"timeout with cause, cancelled", timed(3600s, too_slow, nothing), errc::canceled, errc::canceled},
      {"stacked", timed(0s, too_slow, cancel), errc::deadline_exceeded, too_slow},
      {"stacked, cancelled", timed(3600s, too_slow, cancel), errc::canceled, finished_early},
      {"without_cancel", [] { return goro::without_cancel(goro::background()); }, {}, {}},
      {"without_cancel of a cancelled one",
       [] { return goro::without_cancel(goro::with_cancel(goro::background()).ctx); },
       {},
       {}},
      {"without_cancel of a late one",
       [] { return goro::without_cancel(goro::with_timeout(goro::background(), 0s, too_slow).ctx); },
       {},
       {}},
  };
}

TEST(context_cause, TestCause) {
  for (const auto& examples : {cancellations(), timeouts()}) {
    for (const example& e : examples) {
      SCOPED_TRACE(e.name);
      const goro::context ctx = e.make();
      EXPECT_EQ(ctx.err(), e.err);
      EXPECT_EQ(ctx.cause(), e.cause);
    }
  }
}

// The cause is there as soon as anybody can know that there is one.
TEST(context_cause, TestCauseRace) {
  sweep_processors([] {
    for (int i = 0; i < 50 * scale; ++i) {
      const auto [ctx, cancel] = goro::with_cancel_cause(goro::background());
      goro::go([cancel = cancel] { cancel(parent_cause); });
      std::error_code cause;
      EXPECT_TRUE(eventually([&, ctx = ctx] {
        cause = ctx.cause();
        return static_cast<bool>(cause);
      }));
      EXPECT_EQ(cause, parent_cause);
    }
  });
}

TEST(context_cause, TestWithCancelSimultaneouslyCanceledParent) {
  sweep_processors([] {
    for (int i = 0; i < 50 * scale; ++i) {
      const auto [parent, cancel] = goro::with_cancel_cause(goro::background());
      goro::go([cancel = cancel] { cancel(parent_cause); });
      const auto [child, cancel_child] = goro::with_cancel(parent);
      EXPECT_FALSE(child.done().recv());
      expect_ended(child, errc::canceled, parent_cause);
    }
  });
}

// A timer's cause goes to those below, too.
TEST(context_cause, TheCauseOfALateParentIsInherited) {
  const auto [parent, cancel] = goro::with_timeout(goro::background(), 1ms, too_slow);
  const auto [child, cancel_child] = goro::with_cancel(parent);
  EXPECT_FALSE(child.done().recv());
  expect_ended(child, errc::deadline_exceeded, too_slow);
}

}  // namespace
