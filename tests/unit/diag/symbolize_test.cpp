#include "diag/symbolize.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace app {

struct record {
  std::string function, file;
  int line;
  bool inlined;
};

std::vector<record> all_at(const void* address, goro::diag::heap h = goro::diag::heap::usable) {
  std::vector<record> records;
  goro::diag::symbolize(reinterpret_cast<std::uintptr_t>(address), h, [&](const goro::diag::source_frame& f) {
    records.push_back({std::string{f.function}, std::string{f.file}, f.line, f.inlined});
  });
  return records;
}

[[gnu::noinline]] const void* here() { return static_cast<const char*>(__builtin_return_address(0)) - 1; }

[[gnu::always_inline]] inline const void* inside_an_inlined_function() { return here(); }

[[gnu::noinline]] const void* caller_of_inlined() {
  const void* place = inside_an_inlined_function();
  asm volatile("" : "+r"(place));
  return place;
}

TEST(Symbolize, FindsTheFunctionThatExists) {
  const auto records = all_at(caller_of_inlined());
  ASSERT_FALSE(records.empty());
  EXPECT_EQ(records.back().function, "app::caller_of_inlined");
  EXPECT_FALSE(records.back().inlined);
}

TEST(Symbolize, FindsInlinedFunctionsInnermostFirst) {
  const auto records = all_at(caller_of_inlined());
  if (records.back().line == 0) {
    GTEST_SKIP() << "built without libbacktrace";
  }
  ASSERT_EQ(records.size(), 2u);
  EXPECT_TRUE(records[0].inlined);
  EXPECT_TRUE(records[0].function.ends_with("inside_an_inlined_function")) << records[0].function;
  EXPECT_TRUE(records[0].file.ends_with("symbolize_test.cpp"));
  EXPECT_LT(records[0].line, records[1].line);
}

TEST(Symbolize, LeavesTheHeapAloneOnDemand) {
  const auto records = all_at(caller_of_inlined(), goro::diag::heap::locked);
  ASSERT_FALSE(records.empty());
  EXPECT_EQ(records.back().function, "_ZN3app17caller_of_inlinedEv");
}

TEST(Symbolize, SaysNothingAboutAnUnmappedAddress) {
  const auto records = all_at(reinterpret_cast<const void*>(0x10));
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].function, "");
  EXPECT_EQ(records[0].file, "");
}

}  // namespace app
