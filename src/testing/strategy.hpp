// How a schedule is chosen. A seed says all about it, so that it can be repeated:
//
//   bits 0-2   the kind of strategy
//   bits 3-6   for priorities and starvation: the logarithm of the number of choices that is expected
//   the rest   what the random numbers begin with; for `delays` the places, 15 bits each
//
// A strategy is asked only where there is a choice. `otherwise` is what a schedule without decisions would do: the one
// that runs goes on; who has waited longest follows the one that stops.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "sched/bubble.hpp"

namespace goro::testing {

enum class strategy_kind : std::uint8_t {
  random_walk,  // each with the same chance
  sticky_walk,  // the same now and then
  // PCT of depth 2, 3 and 4 (Burckhardt, Kothari, Musuvathi, Nagarakatte: "A randomized scheduler with probabilistic
  // guarantees of finding bugs"): random priorities, and depth - 1 places at which the one that runs gets the lowest.
  priorities_2,
  priorities_3,
  priorities_4,
  starvation,   // one goroutine is held back
  lively_walk,  // as random_walk, but never who ran
  delays,       // no decision but at up to four places: there, the next one's turn
};

class strategy {
 public:
  virtual ~strategy() = default;
  virtual std::size_t choose(const sched::step& now, std::size_t otherwise) noexcept = 0;
};

std::unique_ptr<strategy> make_strategy(std::uint64_t seed);

std::uint64_t mix(std::uint64_t bits) noexcept;

// The seeds of one simulation, one after another.
class seed_plan {
 public:
  explicit seed_plan(std::uint64_t first) noexcept : first_(first) {}
  // `most_choices`: that any schedule so far had.
  std::uint64_t next(std::size_t most_choices) noexcept;

 private:
  bool next_places(std::size_t most_choices) noexcept;

  const std::uint64_t first_;
  std::uint64_t count_ = 0;
  std::array<std::uint32_t, 4> places_{};  // counted from 1, rising; 0: none
  bool plain_done_ = false;
  bool places_done_ = false;
};

}  // namespace goro::testing
