// Schedule after schedule until one fails; then the same with ever fewer decisions, until none can be left out; then once more to look on.
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/check.hpp"
#include "base/random.hpp"
#include "goro/detail/prepared_go.hpp"
#include "goro/testing.hpp"
#include "sched/scheduler.hpp"
#include "testing/schedule.hpp"

namespace goro::testing {
namespace {

using sched::bubble;
using sched::step_kind;

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

std::string failure_of(bubble::outcome how, const schedule& rules) {
  switch (how) {
    case bubble::outcome::deadlock:
      return "deadlock: all goroutines are blocked";
    case bubble::outcome::leak:
      return "leak: the function has ended but blocked goroutines remain";
    default:
      return rules.failure();
  }
}

// What the first goroutine does. An exception goes on to schedule::run, which ends the schedule; goexit() is a usual end.
void run_and_wait(bubble& home, const std::function<void()>& f) {
  try {
    f();
  } catch (...) {
    if (std::current_exception() == nullptr) {
      home.wait_for_members();
    }
    throw;
  }
  home.wait_for_members();
}

// The goroutines of a bubble that is over, in the order of their starts.
std::vector<goroutine_seen> look_at(const bubble& home) {
  std::vector<goroutine_seen> seen;
  for (const sched::bubble_member* m = home.first_member(); m != nullptr; m = m->next) {
    goroutine_seen g{
        m->number, std::string(sched::name_of(*m->record)), "can run", {}, place::of_creator(m->record->creator)};
    if (m->body != nullptr && !m->waits_for_outside) {
      if (m->body->reason != sched::wait_reason::none) {
        g.state = m->body->reason == sched::wait_reason::abandoned ? "failed" : sched::to_string(m->body->reason);
      }
      g.where = place(diag::call_stack::parked(m->body->context));
    }
    seen.push_back(std::move(g));
  }
  std::sort(seen.begin(), seen.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
  return seen;
}

class simulation {
 public:
  simulation(const sim_options& options, const std::function<void()>& f, const void* caller)
      : options_(options), f_(f), caller_(caller) {
    sched::watch_calls();
  }
  simulation(const simulation&) = delete;
  simulation& operator=(const simulation&) = delete;
  ~simulation() { sched::watch_calls_no_more(); }

  run_result run(std::uint64_t seed, const decisions* replayed = nullptr, bool watched = false,
                 decisions* alternatives = nullptr) {
    auto* rules = new schedule({seed, options_.max_steps, replayed, watched, alternatives});
    auto* home = new bubble(rules);
    auto first = detail::prepared_go::make([home, this] { run_and_wait(*home, f_); });
    const bubble::outcome how = home->run(*first.take(), caller_);
    run_result result{failure_of(how, *rules), rules->made(), rules->choices(), rules->steps(), rules->switches(), {}};
    if (watched) {
      result.left = look_at(*home);
    }
    const bool over = how == bubble::outcome::ended;
    bubble::retire(home);
    if (over) {
      delete rules;
    }
    return result;
  }

  // The fewest decisions that can be found with which `seed` still fails in the same way.
  decisions shrink(std::uint64_t seed, const run_result& failed) {
    std::size_t runs_left = most_runs_to_shrink;
    const test still_fails = [&](const decisions& some) {
      if (runs_left == 0) {
        return false;
      }
      --runs_left;
      return run(seed, &some).failure == failed.failure;
    };
    if (still_fails({})) {
      return {};
    }
    decisions kept = failed.made;
    do {
      leave_out_pieces(kept, still_fails);
    } while (kept.size() > 1 && leave_out_by_another_choice(kept, still_fails));
    if (kept.size() > 1) {  // one that none of them names may do as well
      const decisions none;
      decisions alternatives;
      run(seed, &none, false, &alternatives);
      const auto enough =
          std::find_if(alternatives.begin(), alternatives.end(), [&](const decision& d) { return still_fails({d}); });
      return enough != alternatives.end() ? decisions{*enough} : kept;
    }
    return kept;
  }

 private:
  using test = std::function<bool(const decisions&)>;

  static constexpr std::size_t most_runs_to_shrink = 400;

  // Ever smaller ones, until none of them all can be spared.
  static void leave_out_pieces(decisions& kept, const test& still_fails) {
    std::size_t piece = std::max<std::size_t>(kept.size() / 2, 1);
    while (!kept.empty()) {
      bool dropped = false;
      for (std::size_t at = kept.size(); at > 0;) {  // from the end: what comes after the failure's cause goes first
        const std::size_t begin = at > piece ? at - piece : 0;
        decisions fewer(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(begin));
        fewer.insert(fewer.end(), kept.begin() + static_cast<std::ptrdiff_t>(at), kept.end());
        if (still_fails(fewer)) {
          kept = std::move(fewer);
          dropped = true;
        }
        at = std::min(begin, kept.size());
      }
      if (piece == 1 && !dropped) {
        break;
      }
      piece = std::max<std::size_t>(piece / 2, 1);
    }
  }

  // Where another goroutine goes on instead, other decisions, which made up for the choice, may be needless: all, or one of them.
  static bool leave_out_by_another_choice(decisions& kept, const test& still_fails) {
    std::uint32_t last = 0;
    for (const decision& d : kept) {
      last = std::max({last, d.who, d.to});
    }
    last += 2;  // perhaps one that no decision names
    for (std::size_t changed = 0; changed < kept.size(); ++changed) {
      for (std::uint32_t to = 1; to <= last; ++to) {
        decisions alone{kept[changed]};
        alone[0].to = to;
        if (still_fails(alone)) {
          kept = std::move(alone);
          return true;
        }
      }
    }
    for (std::size_t changed = 0; kept.size() > 2 && changed < kept.size(); ++changed) {
      for (std::uint32_t to = 1; to <= last; ++to) {
        for (std::size_t dropped = 0; to != kept[changed].to && dropped < kept.size(); ++dropped) {
          decisions fewer = kept;
          fewer[changed].to = to;
          fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(dropped));
          if (dropped != changed && still_fails(fewer)) {
            kept = std::move(fewer);
            return true;
          }
        }
      }
    }
    return false;
  }

  const sim_options& options_;
  const std::function<void()>& f_;
  const void* const caller_;
};

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

std::string report(std::uint64_t seed, std::size_t number, const run_result& failed, const decisions& kept,
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

// 0: not set, or no number.
std::uint64_t seed_of_environment() noexcept {
  const char* text = std::getenv("GORO_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 0) : 0;
}

}  // namespace

[[gnu::noinline]] sim_result simulate(const sim_options& options, const std::function<void()>& f) {
  if (bubble::of_caller() != nullptr) {
    base::raise_panic("testing.simulate called from within a bubble");
  }
  const std::uint64_t from_environment = options.seed == 0 ? seed_of_environment() : 0;
  const std::uint64_t first = options.seed != 0       ? options.seed
                              : from_environment != 0 ? from_environment
                                                      : mix(base::random_seed()) | 1;
  const std::size_t schedules = from_environment != 0 ? 1 : options.schedules;
  simulation all(options, f, __builtin_extract_return_addr(__builtin_return_address(0)));
  seed_plan plan(first);
  sim_result result;
  result.seed = first;
  std::size_t most_choices = 0;
  for (std::size_t i = 0; i < schedules; ++i) {
    const std::uint64_t seed = plan.next(most_choices);
    const run_result one = all.run(seed);
    ++result.schedules_run;
    most_choices = std::max(most_choices, one.choices);
    if (one.failure.empty()) {
      continue;
    }
    const decisions kept = all.shrink(seed, one);
    result.failed = true;
    result.seed = seed;
    result.report = report(seed, result.schedules_run, one, kept, all.run(seed, &kept, true));
    break;
  }
  return result;
}

void fail(std::string_view what, const char* file, int line) {
  const std::string_view path(file);
  const std::string text =
      std::string(path.substr(path.rfind('/') + 1)) + ":" + std::to_string(line) + ": " + std::string(what);
  const bubble* home = bubble::of_caller();
  if (home != nullptr && home->rules() != nullptr) {
    static_cast<schedule*>(home->rules())->note_failure(text);
  }
  throw requirement_failed(text);
}

}  // namespace goro::testing
