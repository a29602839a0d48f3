#include "testing/sim_report.hpp"

#include <algorithm>

#include "sched/bubble.hpp"

namespace goro::testing {
namespace {

using sched::step_kind;

std::string goroutine_text(std::uint32_t number) {
  return number == 0 ? "nobody" : "goroutine " + std::to_string(number);
}

std::string text_of(const switch_seen& s) {
  std::string text = std::string(s.decided ? "* " : "  ") + goroutine_text(s.from);
  switch (s.kind) {
    case step_kind::call:
      text += " is stopped";
      break;
    case step_kind::yield:
      text += " yields";
      break;
    case step_kind::wait:
      text +=
          s.reason == sched::wait_reason::none ? " waits" : std::string(" waits [") + sched::to_string(s.reason) + "]";
      break;
    case step_kind::end:
      text += " ends";
      break;
    case step_kind::wake:
      text += " ran";
      break;
  }
  if (const std::string where = s.where.text(); !where.empty()) {
    text += " at " + where;
  }
  return text + "; " + goroutine_text(s.to) + " goes on\n";
}

std::string text_of(const goroutine_seen& g) {
  std::string text = "  goroutine " + std::to_string(g.number);
  if (!g.name.empty()) {
    text += " \"" + g.name + "\"";
  }
  text += " [" + g.state + "]";
  if (const std::string where = g.where.text(); !where.empty()) {
    text += " at " + where;
  }
  if (const std::string started = g.started.text(); g.number != 1 && !started.empty()) {
    text += ", started by " + started;
  }
  return text + "\n";
}

}  // namespace

std::string failure_report(std::uint64_t seed, std::size_t number, const run_result& failed, const decisions& kept,
                           const run_result& shown) {
  constexpr std::size_t most_switches = 200;
  std::string text = "goro: simulation failed: " + failed.failure + "\n";
  text += "schedule " + std::to_string(number) + ", " + std::to_string(failed.steps) +
          " steps; to run it again: GORO_SEED=" + std::to_string(seed) + "\n";
  if (shown.failure != failed.failure) {
    return text + "run again it did not fail: the function does not do the same each time (it then " +
           (shown.failure.empty() ? "passed" : "failed: " + shown.failure) + ")\n";
  }
  text += "changes of goroutine (of " + std::to_string(failed.made.size()) + " that were decided, the " +
          std::to_string(kept.size()) + " marked * are needed):\n";
  const std::size_t skipped = shown.switches.size() - std::min(shown.switches.size(), most_switches);
  if (skipped != 0) {
    text += "  ... " + std::to_string(skipped) + " more before\n";
  }
  for (std::size_t i = skipped; i < shown.switches.size(); ++i) {
    text += text_of(shown.switches[i]);
  }
  if (!shown.left.empty()) {
    text += "at the end:\n";
  }
  for (const goroutine_seen& g : shown.left) {
    text += text_of(g);
  }
  return text;
}

}  // namespace goro::testing
