// What an agenda keeps: somebody who wants to be told that a point of time has come.
// (The layer's namespace is `timers`, because goro::timer is what users call one.)
#pragma once

#include <cstdint>

#include "base/clock.hpp"

namespace goro::timers {

struct entry {
  base::nanoseconds when = 0;
  std::uint32_t position = 0;    // where in its container
  std::uint8_t place = nowhere;  // which container of the agenda: a lane's number, or the heap

  static constexpr std::uint8_t nowhere = 255;
  bool pending() const noexcept { return place != nowhere; }
};

// How the containers keep it: the deadlines that are compared lie side by side in memory. `when` is the entry's own, or
// an earlier one if the entry was postponed since.
struct node {
  base::nanoseconds when;
  entry* item;
};

}  // namespace goro::timers
