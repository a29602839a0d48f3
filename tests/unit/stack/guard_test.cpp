// Each kind of guard, in processes of their own, since a process chooses once.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "../own_process.hpp"
#include "base/check.hpp"
#include "base/os_seam.hpp"
#include "platform/context.hpp"
#include "platform/faults.hpp"
#include "platform/os.hpp"
#include "platform/sanitizer.hpp"
#include "stack/stack.hpp"

namespace goro::stack {
namespace {

class GuardDeathTest : public ::testing::Test {
 protected:
  GuardDeathTest() { run_death_tests_in_own_process(); }
};

void force(const char* kind) { ::setenv("GORODEBUG", (std::string("stackguard=") + kind).c_str(), 1); }

[[noreturn]] void end_if(bool fine) { base::exit_now(fine ? 0 : 1); }

void claim(const platform::memory_fault& fault) {
  if (in_guard(fault.address)) {
    base::fatal_error("stack overflow");
  }
}

[[gnu::noinline]] int recurse(int depth) {
  volatile char frame[256];
  frame[0] = static_cast<char>(depth);
  return depth < 0 ? 0 : recurse(depth + 1) + frame[0];
}

// Without sanitizers: this switches behind their backs.
[[noreturn]] void overflow() {
  platform::install_alternate_signal_stack();
  platform::on_memory_fault(&claim);
  const slot s = take(default_class);
  const auto context = platform::make_context(s.top(), [](platform::after_switch) { recurse(0); });
  platform::context home;
  platform::goro_switch_context(&home, &context, {});
  base::exit_now(1);
}

TEST_F(GuardDeathTest, OverflowHitsTheGuard) {
  if (GORO_WITH_ASAN || GORO_WITH_TSAN) {
    GTEST_SKIP();
  }
  for (const char* kind : {"kernel", "protection"}) {
    EXPECT_EXIT(
        {
          force(kind);
          overflow();
        },
        ::testing::ExitedWithCode(2), "^fatal error: stack overflow\n$")
        << kind;
  }
}

TEST_F(GuardDeathTest, WithoutKernelGuardsProtectionIsUsed) {
  EXPECT_EXIT(
      {
        platform::deny(platform::service::kernel_guard);
        end_if(guards_in_use() == guard_kind::protection && canary_intact(take(default_class)));
      },
      ::testing::ExitedWithCode(0), "");
}

TEST_F(GuardDeathTest, WithoutAnyGuardThereIsTheCanary) {
  EXPECT_EXIT(
      {
        platform::deny(platform::service::kernel_guard);
        platform::deny(platform::service::protection_guard);
        const slot s = take(default_class);
        bool fine = guards_in_use() == guard_kind::canary && canary_intact(s);
        *s.limit() = std::byte{1};
        fine = fine && canary_intact(s);
        s.limit()[-1] = std::byte{1};
        end_if(fine && !canary_intact(s));
      },
      ::testing::ExitedWithCode(0), "");
}

TEST_F(GuardDeathTest, AGuardThatIsRefusedLaterIsMadeAnotherWay) {
  EXPECT_EXIT(
      {
        const slot first = take(default_class);
        platform::deny(platform::service::kernel_guard);
        platform::deny(platform::service::protection_guard);
        const slot second = take(default_class);
        second.limit()[-1] = std::byte{1};  // would fault
        end_if(canary_intact(first) && !canary_intact(second));
      },
      ::testing::ExitedWithCode(0), "");
}

TEST_F(GuardDeathTest, AnUnknownKindIsReported) {
  EXPECT_EXIT(
      {
        force("rubber");
        guards_in_use();
        base::exit_now(0);
      },
      ::testing::ExitedWithCode(0), "^goro: GORODEBUG: stackguard must be kernel, protection or canary; ignored\n$");
}

// The system allows 65,530 map entries; a program with more stacks than that must go on, and have some left.
TEST_F(GuardDeathTest, ProtectionLeavesMapEntriesToTheProgram) {
  if (GORO_WITH_ASAN || GORO_WITH_TSAN || platform::max_memory_maps() > 100'000) {
    GTEST_SKIP();
  }
  EXPECT_EXIT(
      {
        force("protection");
        bool fine = true;
        std::vector<slot> slots;
        for (int i = 0; i < 40'000; ++i) {
          slots.push_back(take(default_class));
          fine = fine && slots.back() && canary_intact(slots.back());
        }
        const std::size_t used = platform::memory_maps_in_use();
        fine = fine && used < platform::max_memory_maps() * 4 / 5 && used > platform::max_memory_maps() / 2;
        for (const slot s : slots) {
          give_back(s);
        }
        while (scavenge(100'000)) {
        }
        fine = fine && platform::memory_maps_in_use() < 500;
        slots.clear();
        const slot again = take(default_class);  // protected, since the entries are free again
        end_if(fine && again);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace goro::stack
