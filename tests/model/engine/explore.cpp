#include "engine/explore.hpp"

#include <map>

#include "engine/run.hpp"

namespace goro::model {
namespace {

using met_places_map = std::map<std::pair<std::string, unsigned>, std::pair<order, bool>>;

met_places_map& places() {
  static met_places_map all;
  return all;
}

// The failed execution once more, with every step.
outcome failed(const scenario& s, const limits& l, const mutation& m, choices& c, std::uint64_t executions) {
  const run_result again = run_once(s, l, m, c, true);
  return {.failed = true, .executions = executions, .report = again.what + "\n" + again.trace, .choices = c.text()};
}

}  // namespace

void note_met_place(place where, order o, bool writes) {
  auto& [strongest, written] = places()[{where.file, where.line}];
  strongest = strongest < o ? o : strongest;
  written = written || writes;
}

std::vector<met_place> met_places() {
  std::vector<met_place> result;
  for (const auto& [where, what] : places()) {
    result.push_back({where.first, where.second, what.first, what.second});
  }
  return result;
}

void forget_met_places() { places().clear(); }

outcome explore(const scenario& s, const limits& l, const mutation& m) {
  choices c;
  for (std::uint64_t n = 1;; ++n) {
    if (run_once(s, l, m, c, false).failed) {
      return failed(s, l, m, c, n);
    }
    if (!c.advance()) {
      return {.complete = true, .executions = n};
    }
    if (n == l.executions) {
      return {.executions = n};
    }
  }
}

outcome explore_randomly(const scenario& s, std::uint64_t seed, std::uint64_t executions, const limits& l,
                         const mutation& m) {
  choices c;
  for (std::uint64_t n = 1; n <= executions; ++n) {
    c.take_at_random(seed + n);
    if (run_once(s, l, m, c, false).failed) {
      return failed(s, l, m, c, n);
    }
  }
  return {.executions = executions};
}

outcome replay(const scenario& s, const std::string& text, const limits& l, const mutation& m) {
  choices c;
  c.parse(text);
  if (run_once(s, l, m, c, false).failed) {
    return failed(s, l, m, c, 1);
  }
  return {.executions = 1};
}

const char* to_string(order o) noexcept {
  static constexpr const char* names[] = {"relaxed", "acquire", "release", "acq_rel", "seq_cst"};
  return names[static_cast<unsigned>(o)];
}

}  // namespace goro::model
