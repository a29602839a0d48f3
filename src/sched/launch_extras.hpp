// What few goroutines have; hangs on launch_header::extras and ends with the record.
#pragma once

#include <cstdint>
#include <string>

#include "sched/runnable.hpp"

namespace goro::sched {

class bubble;
class waiter;
struct goroutine;

// A goroutine as a member of its bubble. Changed under the bubble's lock, or by itself while it is the one that runs.
struct bubble_member {
  bubble* home = nullptr;      // null: of none
  std::uint32_t number = 0;    // in the order in which they were started; 1 runs the function that the bubble is for
  std::uint32_t steps = 0;     // that it has come to
  std::uint32_t requests = 0;  // to yield, in this turn
  base::nanoseconds first_request = 0;  // when that was, by the system's clock
  bool waits_for_outside = false;       // for I/O, or inside blocking()
  const launch* record = nullptr;
  goroutine* body = nullptr;      // its control block, once it has stopped for the first time
  waiter* in_table = nullptr;     // that stands in the wait table
  bubble_member* next = nullptr;  // list of all that live
  bubble_member* previous = nullptr;
};

struct launch_extras {
  std::string name;
  bubble_member member;
};

inline bubble_member* member_of(const launch& l) noexcept {
  auto* extras = static_cast<launch_extras*>(l.extras);
  return extras != nullptr && extras->member.home != nullptr ? &extras->member : nullptr;
}

}  // namespace goro::sched
