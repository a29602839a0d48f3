// What stacks cost: in processes of their own, whose memory nothing else uses.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "../own_process.hpp"
#include "base/os_seam.hpp"
#include "goro/detail/config.hpp"
#include "stack/stack.hpp"

namespace goro::stack {
namespace {

class MemoryUseDeathTest : public ::testing::Test {
 protected:
  MemoryUseDeathTest() { run_death_tests_in_own_process(); }
  void SetUp() override {
    if (GORO_WITH_ASAN || GORO_WITH_TSAN || emulated) {
      GTEST_SKIP() << "sanitizers have shadows, emulators memory of their own";
    }
  }
};

// Resident memory and page tables, in bytes.
long memory_in_use() {
  long total = 0;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:") || line.starts_with("VmPTE:")) {
      total += std::strtol(line.c_str() + line.find(':') + 1, nullptr, 10) * 1024;
    }
  }
  return total;
}

void limit_address_space(std::size_t bytes) {
  const rlimit limit{bytes, bytes};
  ::setrlimit(RLIMIT_AS, &limit);
}

constexpr long count = 100'000;

[[noreturn]] void measure() {
  std::vector<slot> slots(count, take(default_class));
  give_back(slots[0]);
  const long before = memory_in_use();
  for (slot& s : slots) {
    s = take(default_class);
    s.top()[-1] = std::byte{1};
  }
  const long taken = (memory_in_use() - before) / count;
  for (const slot s : slots) {
    give_back(s);
  }
  while (scavenge(10'000)) {
  }
  const long after = (memory_in_use() - before) / count;
  std::fprintf(stderr, "taken %ld after %ld\n", taken, after);
  base::exit_now(taken <= 4096 + 512 + 16 && after <= 100 ? 0 : 1);
}

TEST_F(MemoryUseDeathTest, OnePageAndItsShareOfTables) { EXPECT_EXIT(measure(), ::testing::ExitedWithCode(0), ""); }

TEST_F(MemoryUseDeathTest, TheCanaryCostsNoPage) {
  EXPECT_EXIT(
      {
        ::setenv("GORODEBUG", "stackguard=canary", 1);
        measure();
      },
      ::testing::ExitedWithCode(0), "");
}

TEST_F(MemoryUseDeathTest, AFirstStackReservesLittle) {
  EXPECT_EXIT(
      {
        take(default_class);
        base::exit_now(arena_statistics().slots_reserved <= 8 ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

// ulimit -v: what can be had is had, then null; nothing dies and nothing is lost.
TEST_F(MemoryUseDeathTest, LittleAddressSpaceIsUsedUpAndThenNull) {
  EXPECT_EXIT(
      {
        const slot first = take(default_class);
        limit_address_space(std::size_t{600} << 20);
        long had = 0;
        slot last = first;
        while (const slot s = take(default_class)) {
          last = s;
          ++had;
        }
        give_back(last);
        base::exit_now(had > 1500 && had < 2400 && take(default_class) && !take(default_class) ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

// Half of the slots stay taken, so no chunk can be unmapped: the pages of the others must go all the same.
TEST_F(MemoryUseDeathTest, PagesOfFreeSlotsBetweenTakenOnesGoBack) {
  EXPECT_EXIT(
      {
        std::vector<slot> slots(count, slot{});
        const long before = memory_in_use();
        for (slot& s : slots) {
          s = take(default_class);
          s.top()[-1] = std::byte{1};
        }
        for (std::size_t i = 0; i < slots.size(); i += 2) {
          give_back(slots[i]);
        }
        while (scavenge(10'000)) {
        }
        bool kept = true;
        for (std::size_t i = 1; i < slots.size(); i += 2) {
          kept = kept && slots[i].top()[-1] == std::byte{1};
        }
        base::exit_now(kept && (memory_in_use() - before) / count < 4096 / 2 + 600 ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST_F(MemoryUseDeathTest, ACallStaysWithinItsBudget) {
  EXPECT_EXIT(
      {
        std::vector<slot> slots(1000, slot{});
        for (slot& s : slots) {
          s = take(default_class);
        }
        for (const slot s : slots) {
          give_back(s);
        }
        const bool more = scavenge(100);
        base::exit_now(more && arena_statistics().slots_free_dirty >= 900 ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace goro::stack
