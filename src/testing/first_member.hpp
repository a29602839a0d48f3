// What the first goroutine of a bubble does.
#pragma once

#include <exception>
#include <functional>

#include "sched/bubble.hpp"

namespace goro::testing {

// Runs f and waits for the others, also when f ends by goexit(). Returns what f threw.
inline std::exception_ptr run_first_member(sched::bubble& home, const std::function<void()>& f) {
  struct wait_at_end {
    sched::bubble& home;
    ~wait_at_end() { home.wait_for_members(); }
  } end{home};
  try {
    f();
  } catch (...) {
    if (std::exception_ptr thrown = std::current_exception()) {
      return thrown;
    }
    throw;  // goexit passes through
  }
  return nullptr;
}

}  // namespace goro::testing
