// Taking every choice of a scenario in turn.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/execution.hpp"

namespace goro::model {

struct limits {
  unsigned preemptions = 2;  // changes of thread, in one execution, that nothing forces
  unsigned absences = 0;     // the same, of who does not go on before all others wait
  unsigned stale_reads = 2;  // loads, in one execution, that do not read the newest value
  unsigned spurious = 1;     // wake-ups and failed exchanges without a reason
  unsigned steps = 3000;     // more in one execution are a failure: nobody gets anywhere
  std::uint64_t executions = 2'000'000;
};

// An operation that is to have a weaker order than it says, or to leave out what it writes: a store stores nothing, an
// exchange or addition answers as if it had done what it was to do. Line 0: none.
struct mutation {
  std::string file;
  unsigned line = 0;
  order to = order::relaxed;
  bool omitted = false;
};

struct outcome {
  bool failed = false;
  bool complete = false;  // every choice within the limits was taken
  std::uint64_t executions = 0;
  std::string report{};   // of the failed one: what, and every step
  std::string choices{};  // to be given to replay
};

// Operations that the scenario has executed. A fence stands as seq_cst.
struct met_place {
  std::string file;
  unsigned line;
  order strongest;
  bool writes;
};

using scenario = std::function<void(scene&)>;

outcome explore(const scenario& s, const limits& l = {}, const mutation& m = {});
// Random choices: for what is too large to be explored.
outcome explore_randomly(const scenario& s, std::uint64_t seed, std::uint64_t executions, const limits& l = {},
                         const mutation& m = {});
outcome replay(const scenario& s, const std::string& choices, const limits& l = {}, const mutation& m = {});
// Of everything explored so far.
std::vector<met_place> met_places();
void forget_met_places();

const char* to_string(order o) noexcept;

}  // namespace goro::model
