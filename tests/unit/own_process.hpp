// Death tests that need a process which has done nothing before.
#pragma once

#include <gtest/gtest.h>

namespace goro {

// The child runs the test program anew ("threadsafe") instead of going on from a fork. Under an emulator it cannot
// start itself again; there the fork is enough, since ctest gives every test a process of its own.
#ifdef GORO_EMULATED
inline constexpr bool emulated = true;
#else
inline constexpr bool emulated = false;
#endif

inline void run_death_tests_in_own_process() {
  if (!emulated) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
  }
}

}  // namespace goro
