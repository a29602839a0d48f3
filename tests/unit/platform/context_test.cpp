#include "platform/context.hpp"

#include <execinfo.h>
#include <gtest/gtest.h>
#include <unwind.h>

#include <array>
#include <cfenv>
#include <cstdlib>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "../own_process.hpp"
#include "fiber.hpp"

namespace goro::platform {
namespace {

TEST(Context, RunsItsEntryAndComesBack) {
  fiber home;
  bool ran = false;
  fiber other([&] {
    ran = true;
    end_fiber(other, home);
  });
  switch_fiber(home, other);
  EXPECT_TRUE(ran);
}

TEST(Context, SwitchesBackAndForth) {
  fiber home;
  std::string order;
  fiber other([&] {
    for (;;) {
      order += 'b';
      switch_fiber(other, home);
    }
  });
  for (int i = 0; i < 3; ++i) {
    order += 'a';
    switch_fiber(home, other);
  }
  EXPECT_EQ(order, "ababab");
}

TEST(Context, TheCallbackRunsOnTheTargetsStackBeforeAnythingElse) {
  struct observation {
    fiber* target;
    int calls = 0;
    bool on_target = false;
    bool source_was_saved = false;
    fiber* source;
    static void note(void* raw) {
      auto& self = *static_cast<observation*>(raw);
      const char here = 0;
      ++self.calls;
      self.on_target = self.target->contains(&here);
      self.source_was_saved = self.source->saved.stack_pointer != nullptr;
    }
  };
  fiber home;
  int calls_at_start = -1;
  observation seen;
  fiber other([&] {
    calls_at_start = seen.calls;
    switch_fiber(other, home);
    EXPECT_EQ(seen.calls, 2);
    end_fiber(other, home);
  });
  seen.target = &other;
  seen.source = &home;
  switch_fiber(home, other, {&observation::note, &seen});
  EXPECT_EQ(calls_at_start, 1);
  if (!(GORO_WITH_ASAN)) {  // whose locals may lie on a fake stack
    EXPECT_TRUE(seen.on_target);
  }
  EXPECT_TRUE(seen.source_was_saved);
  switch_fiber(home, other, {&observation::note, &seen});
}

// More live values than there are callee-saved registers, so that each of those holds one across the switch.
template <class T>
[[gnu::noinline]] T sum_across_switch(fiber& from, fiber& to, T seed) {
  std::array<T, 20> v;
  for (std::size_t i = 0; i < v.size(); ++i) {
    v[i] = seed * static_cast<T>(i + 1);
  }
  switch_fiber(from, to);
  T sum{};
  for (std::size_t i = 0; i < v.size(); ++i) {
    sum += v[i];
  }
  return sum;
}

TEST(Context, KeepsValuesAcrossSwitches) {
  fiber home;
  fiber other([&] {
    for (std::uint64_t seed = 1000;; ++seed) {
      EXPECT_EQ(sum_across_switch<std::uint64_t>(other, home, seed), seed * 210);
      EXPECT_EQ(sum_across_switch<double>(other, home, static_cast<double>(seed)), static_cast<double>(seed) * 210);
    }
  });
  for (std::uint64_t seed = 1; seed < 100; ++seed) {
    EXPECT_EQ(sum_across_switch<std::uint64_t>(home, other, seed), seed * 210);
    EXPECT_EQ(sum_across_switch<double>(home, other, static_cast<double>(seed)), static_cast<double>(seed) * 210);
  }
}

// Each callee-saved register by name: set before, compared after.
#if defined(__x86_64__)
#define GORO_CALLEE_SAVED(use) use(rbx) use(r12) use(r13) use(r14) use(r15)
#elif defined(__aarch64__)
#define GORO_CALLEE_SAVED(use) use(x19) use(x20) use(x21) use(x22) use(x23) use(x24) use(x25) use(x26) use(x27) use(x28)
#endif
[[gnu::noinline]] void expect_registers_kept(fiber& from, fiber& to, std::uint64_t seed){
#define GORO_CHECK(name)                             \
  {                                                  \
    register std::uint64_t value asm(#name) = seed;  \
    asm volatile("" : "+r"(value));                  \
    goro_switch_context(&from.saved, &to.saved, {}); \
    asm volatile("" : "+r"(value));                  \
    const std::uint64_t kept = value;                \
    EXPECT_EQ(kept, seed) << #name;                  \
  }
    GORO_CALLEE_SAVED(GORO_CHECK)
#undef GORO_CHECK
}

TEST(Context, PreservesEachCalleeSavedRegister) {
  if (GORO_WITH_ASAN || GORO_WITH_TSAN) {
    GTEST_SKIP() << "switches without telling the sanitizer";
  }
  fiber home;
  fiber other([&] {
    for (;;) {
      expect_registers_kept(other, home, 0x2222'2222'2222'2222);
    }
  });
  fiber::entering = &other;
  expect_registers_kept(home, other, 0x1111'1111'1111'1111);
}

TEST(Context, RoundingModeBelongsToTheContext) {
  fiber home;
  int seen_at_start = -1;
  int seen_later = -1;
  fiber other([&] {
    seen_at_start = std::fegetround();
    std::fesetround(FE_DOWNWARD);
    switch_fiber(other, home);
    seen_later = std::fegetround();
    end_fiber(other, home);
  });
  std::fesetround(FE_UPWARD);
  switch_fiber(home, other);
  EXPECT_EQ(std::fegetround(), FE_UPWARD);
  std::fesetround(FE_TONEAREST);
  switch_fiber(home, other);
  EXPECT_EQ(std::fegetround(), FE_TONEAREST);
  EXPECT_EQ(seen_at_start, FE_TONEAREST) << "a new context must not inherit";
  EXPECT_EQ(seen_later, FE_DOWNWARD);
}

[[gnu::noinline]] void throw_from_below(int depth) {
  if (depth == 0) {
    throw std::runtime_error("deep");
  }
  throw_from_below(depth - 1);
  asm volatile("");
}

TEST(Context, ExceptionsWorkInside) {
  fiber home;
  std::string caught;
  fiber other([&] {
    for (int i = 0; i < 3; ++i) {
      try {
        throw_from_below(10);
      } catch (const std::exception& e) {
        caught += e.what();
      }
      switch_fiber(other, home);
    }
  });
  for (int i = 0; i < 3; ++i) {
    switch_fiber(home, other);
  }
  EXPECT_EQ(caught, "deepdeepdeep");
}

using ContextDeathTest = ::testing::Test;

TEST(ContextDeathTest, AnUncaughtExceptionTerminatesAtItsThrow) {
  run_death_tests_in_own_process();
  EXPECT_EXIT(
      {
        std::set_terminate([] {
          void* frames[64];
          const int count = ::backtrace(frames, 64);
          // terminate, __cxa_throw, throw_from_below eleven times, …: nothing was unwound.
          std::_Exit(count > 13 && count < 64 ? 42 : 1);
        });
        fiber home;
        fiber other([&] { throw_from_below(10); });
        switch_fiber(home, other);
      },
      ::testing::ExitedWithCode(42), "");
}

struct walk {
  int frames = 0;
  _Unwind_Reason_Code result = _URC_NO_REASON;
};

walk unwind_from_here() {
  walk w;
  w.result = _Unwind_Backtrace(
      [](_Unwind_Context*, void* raw) {
        ++static_cast<walk*>(raw)->frames;
        return _URC_NO_REASON;
      },
      &w);
  return w;
}

TEST(Context, UnwindingEndsAtTheEntry) {
  fiber home;
  walk first;
  walk second;
  int listed = 0;
  std::array<void*, 100> addresses{};
  fiber other([&] {
    first = unwind_from_here();
    switch_fiber(other, home);
    second = unwind_from_here();
    listed = ::backtrace(addresses.data(), static_cast<int>(addresses.size()));
    end_fiber(other, home);
  });
  switch_fiber(home, other);
  switch_fiber(home, other);
  EXPECT_EQ(first.result, _URC_END_OF_STACK);
  EXPECT_GT(first.frames, 2);
  EXPECT_LT(first.frames, 20);
  EXPECT_EQ(second.result, _URC_END_OF_STACK);
  EXPECT_EQ(second.frames, first.frames);
  EXPECT_GT(listed, 2);
  EXPECT_LT(listed, 20);
}

TEST(Context, AWalkerOfFramePointersEndsAtTheEntry) {
#if GORO_WITH_ASAN || GORO_WITH_TSAN
  GTEST_SKIP() << "looks at raw frames";
#else
  fiber home;
  int frames = 0;
  bool ended = false;
  fiber other([&] {
    auto* frame = static_cast<void**>(__builtin_frame_address(0));
    while (frame != nullptr && other.contains(frame) && frames < 50) {
      ++frames;
      frame = static_cast<void**>(*frame);
    }
    ended = frame == nullptr;
    end_fiber(other, home);
  });
  switch_fiber(home, other);
  EXPECT_TRUE(ended);
  EXPECT_LT(frames, 20);
#endif
}

// How goexit() leaves a goroutine: every destructor on the stack runs, and at the end of the stack nothing is resumed.
TEST(Context, ForcedUnwindingReachesTheEndOfTheStack) {
  struct progress {
    fiber* self;
    fiber* home;
    int frames = 0;
    bool reached_end = false;
  };
  fiber home;
  int destroyed = 0;
  _Unwind_Exception exception{};
  progress seen{};
  fiber other([&] {
    struct counting {
      int& count;
      ~counting() { ++count; }
    } local{destroyed};
    _Unwind_ForcedUnwind(
        &exception,
        [](int, _Unwind_Action actions, _Unwind_Exception_Class, _Unwind_Exception*, _Unwind_Context*, void* raw) {
          auto& p = *static_cast<progress*>(raw);
          ++p.frames;
          if ((actions & _UA_END_OF_STACK) != 0) {
            p.reached_end = true;
            end_fiber(*p.self, *p.home);
          }
          return _URC_NO_REASON;
        },
        &seen);
    ADD_FAILURE() << "came back";
  });
  seen.self = &other;
  seen.home = &home;
  switch_fiber(home, other);
  EXPECT_TRUE(seen.reached_end);
  EXPECT_EQ(destroyed, 1);
  EXPECT_LT(seen.frames, 20);
}

TEST(Context, ManyContextsInARing) {
  fiber home;
  constexpr std::size_t count = 100;
  constexpr int rounds = 100;
  std::vector<std::unique_ptr<fiber>> ring;
  std::size_t steps = 0;
  for (std::size_t i = 0; i < count; ++i) {
    ring.push_back(std::make_unique<fiber>([&, i] {
      for (;;) {
        ++steps;
        fiber& next = i + 1 < count ? *ring[i + 1] : home;
        switch_fiber(*ring[i], next);
      }
    }));
  }
  for (int i = 0; i < rounds; ++i) {
    switch_fiber(home, *ring[0]);
  }
  EXPECT_EQ(steps, count * rounds);
}

}  // namespace
}  // namespace goro::platform
