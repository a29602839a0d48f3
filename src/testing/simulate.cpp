// Schedule after schedule until one fails; then the same with ever fewer decisions, until none can be left out; then
// once more to look on.
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/check.hpp"
#include "base/random.hpp"
#include "goro/detail/prepared_go.hpp"
#include "goro/testing.hpp"
#include "sched/scheduler.hpp"
#include "testing/schedule.hpp"
#include "testing/shrink.hpp"
#include "testing/sim_report.hpp"

namespace goro::testing {
namespace {

using sched::bubble;

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

// What the first goroutine does. An exception goes on to schedule::run, which ends the schedule; goexit() is a usual
// end.
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
  decisions decisions_needed(std::uint64_t seed, const run_result& failed) {
    const auto still_fails = [&](const decisions& some) { return run(seed, &some).failure == failed.failure; };
    const auto alternatives = [&] {
      const decisions none;
      decisions all;
      run(seed, &none, false, &all);
      return all;
    };
    return shrink(failed.made, still_fails, alternatives);
  }

 private:
  const sim_options& options_;
  const std::function<void()>& f_;
  const void* const caller_;
};

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
    const decisions kept = all.decisions_needed(seed, one);
    result.failed = true;
    result.seed = seed;
    result.report = failure_report(seed, result.schedules_run, one, kept, all.run(seed, &kept, true));
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
