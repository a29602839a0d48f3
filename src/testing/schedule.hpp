// One run of a simulation: decides who goes on, by a strategy or by a list of decisions, and notes what was decided and
// what failed.
//
// A decision is what departs from the way a schedule without decisions goes. It is named by the goroutine that came to
// a step and the number of that step among its own, so that it keeps its meaning when others are left out.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sched/bubble.hpp"
#include "testing/place.hpp"
#include "testing/strategy.hpp"

namespace goro::testing {

struct decision {
  std::uint32_t who;   // 0: nobody ran
  std::uint32_t step;  // of its steps
  std::uint32_t to;

  bool operator==(const decision&) const noexcept = default;
};
using decisions = std::vector<decision>;

// A change of goroutine, for the report.
struct switch_seen {
  sched::step_kind kind;
  std::uint32_t from;
  std::uint32_t to;
  bool decided;
  sched::wait_reason reason;
  place where;
};

struct schedule_options {
  std::uint64_t seed;
  std::size_t max_steps;
  const decisions* replayed = nullptr;  // instead of the seed's strategy
  bool watched = false;                 // keeps the switches
  decisions* alternatives = nullptr;    // gets all single decisions that could have been made
};

class schedule final : public sched::bubble_rules {
 public:
  explicit schedule(const schedule_options& options);

  std::size_t choose(const sched::step& now) noexcept override;
  bool run(sched::launch& l) override;
  std::uint32_t random_below(const sched::bubble_member& who, std::uint32_t bound) noexcept override;

  // The first one counts.
  void note_failure(std::string_view what);
  void note_exception();  // the one that is being handled

  const std::string& failure() const noexcept { return failure_; }
  const decisions& made() const noexcept { return made_; }
  const std::vector<switch_seen>& switches() const noexcept { return switches_; }
  std::size_t steps() const noexcept { return steps_; }
  std::size_t choices() const noexcept { return choices_; }

 private:
  std::size_t usual(const sched::step& now) const noexcept;
  std::size_t replayed(const sched::step& now, decision at, std::size_t otherwise) const noexcept;
  void note_alternatives(const sched::step& now, decision at, std::size_t otherwise) const;
  void watch(const sched::step& now, std::size_t chosen, bool decided) noexcept;

  const schedule_options options_;
  const std::unique_ptr<strategy> strategy_;
  std::string failure_;
  decisions made_;
  std::vector<switch_seen> switches_;
  std::size_t steps_ = 0;
  std::size_t choices_ = 0;
  std::size_t stays_ = 0;    // in a row
  std::uint32_t wakes_ = 0;  // from outside
  decision last_drawn_{};    // for random_below
  std::uint64_t draws_ = 0;
};

}  // namespace goro::testing
