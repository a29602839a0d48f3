#include "diag/traceback.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "goro/debug.hpp"
#include "goro/go.hpp"

namespace goro::diag {
namespace {

struct collected_text {
  std::string text;
  void operator()(std::string_view part) { text += part; }
};

std::string heading(const sched::goroutine_view* who) {
  collected_text collected;
  {
    text_sink out{collected};
    print_heading(out, who);
  }
  return collected.text;
}

sched::goroutine_view some_goroutine() {
  sched::goroutine_view who{};
  who.id = 18;
  return who;
}

TEST(TextSink, PassesOnEverythingInOrder) {
  collected_text collected;
  std::string wanted;
  {
    text_sink out{collected};
    for (std::uint64_t i = 0; i < 1000; ++i) {
      out << "x" << i << " " << hexadecimal{i} << "\n";
      char line[64];
      std::snprintf(line, sizeof(line), "x%llu 0x%llx\n", static_cast<unsigned long long>(i),
                    static_cast<unsigned long long>(i));
      wanted += line;
    }
  }
  EXPECT_EQ(collected.text, wanted);
}

TEST(Heading, NamesTheGoroutine) {
  sched::goroutine_view who = some_goroutine();
  EXPECT_EQ(heading(&who), "goroutine 18 [running]:\n");
  who.name = "poller";
  EXPECT_EQ(heading(&who), "goroutine 18 \"poller\" [running]:\n");
  who.locked_to_thread = true;
  EXPECT_EQ(heading(&who), "goroutine 18 \"poller\" [running, locked to thread]:\n");
}

TEST(Heading, OfAThreadHasItsId) {
  EXPECT_EQ(heading(nullptr), "thread " + std::to_string(platform::thread_id()) + " [running]:\n");
}

TEST(CallStack, KeepsBothEndsOfADeepOne) {
  call_stack calls;
  for (std::uintptr_t i = 0; i < 1000; ++i) {
    calls.add({i, false});
  }
  ASSERT_EQ(calls.elided(), 900u);
  EXPECT_EQ(calls[0].next, 0u);
  EXPECT_EQ(calls[49].next, 49u);
  EXPECT_EQ(calls[950].next, 950u);
  EXPECT_EQ(calls[999].next, 999u);
}

TEST(CallStack, KeepsAllOfAShallowOne) {
  call_stack calls;
  for (std::uintptr_t i = 0; i < 100; ++i) {
    calls.add({i, false});
  }
  EXPECT_EQ(calls.elided(), 0u);
  for (std::uintptr_t i = 0; i < 100; ++i) {
    EXPECT_EQ(calls[i].next, i);
  }
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++n;
  }
  return n;
}

}  // namespace
}  // namespace goro::diag

// As a user's code: outside goro's namespaces.
namespace app {
namespace {

using goro::diag::count;

// debug::stack() under `depth` calls of this function.
[[gnu::noinline]] std::string trace_at_depth(int depth) {
  std::string text = depth <= 1 ? goro::debug::stack() : trace_at_depth(depth - 1);
  asm volatile("" : : "r"(&text) : "memory");  // no tail call
  return text;
}

std::string trace_in_goroutine(int depth, const goro::go_options& options = {}) {
  std::string text;
  goro::run([&] {
    std::atomic<bool> done{false};
    goro::go(options, [&] {
      text = trace_at_depth(depth);
      done = true;
    });
    while (!done) {
      goro::yield();
    }
  });
  return text;
}

TEST(DebugStack, OfAThreadEndsInMain) {
  const std::string text = trace_at_depth(3);
  EXPECT_TRUE(text.starts_with("thread ")) << text;
  EXPECT_EQ(count(text, "app::trace_at_depth(...)\n"), 3u) << text;
  EXPECT_EQ(count(text, "\nmain()\n"), 1u) << text;
  EXPECT_EQ(count(text, "_start"), 0u) << text;
}

TEST(DebugStack, OfAGoroutineIsTheUsersCodeAndTheGoStatement) {
  const std::string text = trace_in_goroutine(2);
  EXPECT_TRUE(text.starts_with("goroutine ")) << text;
  EXPECT_EQ(count(text, "app::trace_at_depth(...)\n\t"), 2u) << text;
  EXPECT_EQ(count(text, "created by app::trace_in_goroutine"), 1u) << text;
  EXPECT_EQ(count(text, " in goroutine 1\n"), 1u) << text;
  EXPECT_EQ(count(text, "goro::sched"), 0u) << text;
  EXPECT_EQ(count(text, "goro::detail"), 0u) << text;
}

TEST(DebugStack, NamesFilesWhenThereIsDebugInformation) {
  const std::string text = trace_in_goroutine(1);
  if (count(text, ".cpp:") == 0) {
    GTEST_SKIP() << "built without libbacktrace";
  }
  EXPECT_EQ(count(text, "traceback_test.cpp:"), 3u) << text;  // trace_at_depth, the lambda, the go statement
}

TEST(DebugStack, LeavesOutTheMiddleOfADeepOne) {
  const std::string text = trace_in_goroutine(300);  // what is called in between counts too, where nothing is inlined
  EXPECT_EQ(count(text, " frames elided...\n"), 1u) << text;
  EXPECT_LE(count(text, "app::trace_at_depth(...)\n"), 100u);
  EXPECT_GE(count(text, "app::trace_at_depth(...)\n"), 80u);
  EXPECT_EQ(count(text, "created by "), 1u);
}

// Less stack than reading debug information needs.
TEST(DebugStack, WorksOnASmallStack) {
  const std::string text = trace_in_goroutine(1, {.name = "small", .stack_size = std::size_t{16} << 10});
  EXPECT_EQ(count(text, "\"small\" [running]:\n"), 1u) << text;
  EXPECT_EQ(count(text, "app::trace_at_depth(...)\n"), 1u) << text;
}

TEST(DebugStack, ShowsTheRuntimeWhenAsked) {
  ::setenv("GOROTRACEBACK", "system", 1);
  const std::string text = trace_in_goroutine(1);
  ::unsetenv("GOROTRACEBACK");
  EXPECT_GE(count(text, "goro::detail::"), 1u) << text;
}

TEST(TracebackLevel, IsReadByNameOrNumber) {
  using goro::diag::traceback_level;
  const auto level_for = [](const char* text) {
    ::setenv("GOROTRACEBACK", text, 1);
    const traceback_level level = goro::diag::traceback_level_wanted();
    ::unsetenv("GOROTRACEBACK");
    return level;
  };
  EXPECT_EQ(goro::diag::traceback_level_wanted(), traceback_level::single);
  EXPECT_EQ(level_for("none"), traceback_level::none);
  EXPECT_EQ(level_for("0"), traceback_level::none);
  EXPECT_EQ(level_for("system"), traceback_level::system);
  EXPECT_EQ(level_for("2"), traceback_level::system);
  EXPECT_EQ(level_for("crash"), traceback_level::crash);
  EXPECT_EQ(level_for("nonsense"), traceback_level::single);
}

}  // namespace
}  // namespace app
