// What came of one schedule, and the text about one that failed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "testing/place.hpp"
#include "testing/schedule.hpp"

namespace goro::testing {

struct goroutine_seen {
  std::uint32_t number;
  std::string name;
  std::string state;
  place where;
  place started;
};

struct run_result {
  std::string failure;  // empty: none
  decisions made;
  std::size_t choices = 0;
  std::size_t steps = 0;
  std::vector<switch_seen> switches;
  std::vector<goroutine_seen> left;
};

// `failed` under the seed, as the `number`-th schedule; `kept`: the decisions that it needs. `shown`: run with those
// alone, and watched.
std::string failure_report(std::uint64_t seed, std::size_t number, const run_result& failed, const decisions& kept,
                           const run_result& shown);

}  // namespace goro::testing
