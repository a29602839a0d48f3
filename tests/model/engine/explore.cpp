#include "engine/explore.hpp"

#include <map>

#include "engine/run.hpp"

namespace goro::model {
namespace {

std::map<std::pair<std::string, unsigned>, order>& places() {
  static std::map<std::pair<std::string, unsigned>, order> all;
  return all;
}

// The failed execution once more, with every step.
outcome failed(const scenario& s, const limits& l, const weakening& w, choices& c, std::uint64_t executions) {
  const run_result again = run_once(s, l, w, c, true);
  return {.failed = true, .executions = executions, .report = again.what + "\n" + again.trace, .choices = c.text()};
}

}  // namespace

void note_ordered_place(place where, order o) {
  order& known = places()[{where.file, where.line}];
  known = known < o ? o : known;
}

std::vector<ordered_place> ordered_places() {
  std::vector<ordered_place> result;
  for (const auto& [where, o] : places()) {
    result.push_back({where.first, where.second, o});
  }
  return result;
}

void forget_ordered_places() { places().clear(); }

outcome explore(const scenario& s, const limits& l, const weakening& w) {
  choices c;
  for (std::uint64_t n = 1;; ++n) {
    if (run_once(s, l, w, c, false).failed) {
      return failed(s, l, w, c, n);
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
                         const weakening& w) {
  choices c;
  for (std::uint64_t n = 1; n <= executions; ++n) {
    c.take_at_random(seed + n);
    if (run_once(s, l, w, c, false).failed) {
      return failed(s, l, w, c, n);
    }
  }
  return {.executions = executions};
}

outcome replay(const scenario& s, const std::string& text, const limits& l, const weakening& w) {
  choices c;
  c.parse(text);
  if (run_once(s, l, w, c, false).failed) {
    return failed(s, l, w, c, 1);
  }
  return {.executions = 1};
}

const char* to_string(order o) noexcept {
  static constexpr const char* names[] = {"relaxed", "acquire", "release", "acq_rel", "seq_cst"};
  return names[static_cast<unsigned>(o)];
}

}  // namespace goro::model
