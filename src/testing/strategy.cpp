#include "testing/strategy.hpp"

#include <algorithm>
#include <vector>

#include "base/random.hpp"

namespace goro::testing {
namespace {

using sched::bubble_member;
using sched::bubble_rules;
using sched::step;
using sched::step_kind;

constexpr unsigned kind_bits = 3;
constexpr unsigned length_bits = 4;
constexpr unsigned place_bits = 15;
constexpr std::uint32_t most_places = (1U << place_bits) - 1;

// Who runs may go on, and has not wished otherwise.
bool may_stay(const step& now) noexcept { return now.kind == step_kind::call; }

class walk final : public strategy {
 public:
  // One step in `every` is random; `lively`: then who runs does not go on.
  walk(std::uint64_t seed, std::uint32_t every, bool lively) noexcept : random_(seed), every_(every), lively_(lively) {}

  std::size_t choose(const step& now, std::size_t otherwise) noexcept override {
    if (every_ > 1 && random_.below(every_) != 0) {
      return otherwise;
    }
    const auto others = static_cast<std::uint32_t>(now.ready.size());
    const std::uint32_t chosen = random_.below(others + (may_stay(now) && !lively_ ? 1 : 0));
    return chosen < others ? chosen : bubble_rules::stay;
  }

 private:
  base::random random_;
  const std::uint32_t every_;
  const bool lively_;
};

class priorities final : public strategy {
 public:
  priorities(std::uint64_t seed, std::uint32_t depth, std::uint32_t length) noexcept : random_(seed) {
    for (std::uint32_t i = 1; i < depth; ++i) {
      changes_.push_back(random_.below(length) + 1);
    }
  }

  std::size_t choose(const step& now, std::size_t) noexcept override {
    ++count_;
    if (now.who != nullptr) {
      std::int64_t& own = of(*now.who);
      // Who yields comes after all others, or a loop that waits would go round for ever.
      if (now.kind == step_kind::yield || std::count(changes_.begin(), changes_.end(), count_) != 0) {
        own = --lowest_;
      }
    }
    std::size_t best = may_stay(now) ? bubble_rules::stay : 0;
    std::int64_t highest = may_stay(now) ? of(*now.who) : of(*now.ready[0].who);
    for (std::size_t i = 0; i < now.ready.size(); ++i) {
      if (const std::int64_t priority = of(*now.ready[i].who); priority > highest) {
        best = i;
        highest = priority;
      }
    }
    return best;
  }

 private:
  std::int64_t& of(const bubble_member& who) noexcept {
    while (priority_.size() <= who.number) {
      priority_.push_back(random_.next());
    }
    return priority_[who.number];
  }

  base::random random_;
  std::vector<std::uint32_t> changes_;
  std::vector<std::int64_t> priority_;  // by number
  std::int64_t lowest_ = 0;
  std::uint32_t count_ = 0;
};

class starve_one final : public strategy {
 public:
  starve_one(std::uint64_t seed, std::uint32_t length) noexcept
      : random_(seed), victim_(1 + random_.below(most_victims)), end_(random_.below(length) + 1) {}

  std::size_t choose(const step& now, std::size_t otherwise) noexcept override {
    const bool over = ++count_ > end_;
    const auto wanted = [&](std::size_t i) { return over || now.ready[i].who->number != victim_; };
    if (may_stay(now) && (over || now.who->number != victim_) && random_.below(2) == 0) {
      return bubble_rules::stay;
    }
    const auto others = static_cast<std::uint32_t>(now.ready.size());
    const std::uint32_t first = random_.below(others);
    for (std::uint32_t i = 0; i < others; ++i) {
      if (const std::size_t at = (first + i) % others; wanted(at)) {
        return at;
      }
    }
    return otherwise;
  }

 private:
  static constexpr std::uint32_t most_victims = 6;

  base::random random_;
  const std::uint32_t victim_;
  const std::uint32_t end_;
  std::uint32_t count_ = 0;
};

class delay_at final : public strategy {
 public:
  explicit delay_at(std::uint64_t places) noexcept : places_(places) {}

  std::size_t choose(const step& now, std::size_t otherwise) noexcept override {
    ++count_;
    std::size_t chosen = otherwise;
    for (std::uint64_t left = places_; left != 0; left >>= place_bits) {
      if ((left & most_places) == count_) {
        chosen = chosen == bubble_rules::stay ? 0 : (chosen + 1) % now.ready.size();
      }
    }
    return chosen;
  }

 private:
  const std::uint64_t places_;
  std::uint64_t count_ = 0;
};

constexpr std::uint64_t with_kind(std::uint64_t bits, strategy_kind kind) noexcept {
  return (bits >> kind_bits << kind_bits) | static_cast<std::uint64_t>(kind);
}

}  // namespace

std::uint64_t mix(std::uint64_t bits) noexcept {
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9ULL;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBULL;
  return bits ^ (bits >> 31);
}

std::unique_ptr<strategy> make_strategy(std::uint64_t seed) {
  const std::uint64_t random = mix(seed);
  const std::uint32_t length = 2U << (seed >> kind_bits & ((1U << length_bits) - 1));
  constexpr std::uint32_t seldom = 6;
  switch (static_cast<strategy_kind>(seed & ((1U << kind_bits) - 1))) {
    case strategy_kind::random_walk:
      return std::make_unique<walk>(random, 1, false);
    case strategy_kind::sticky_walk:
      return std::make_unique<walk>(random, seldom, false);
    case strategy_kind::priorities_2:
      return std::make_unique<priorities>(random, 2, length);
    case strategy_kind::priorities_3:
      return std::make_unique<priorities>(random, 3, length);
    case strategy_kind::priorities_4:
      return std::make_unique<priorities>(random, 4, length);
    case strategy_kind::starvation:
      return std::make_unique<starve_one>(random, length);
    case strategy_kind::lively_walk:
      return std::make_unique<walk>(random, 1, true);
    case strategy_kind::delays:
      break;
  }
  return std::make_unique<delay_at>(seed >> kind_bits);
}

// Places one after another: none, each one, each two, …; false when all that fit into the choices have been tried.
bool seed_plan::next_places(std::size_t most_choices) noexcept {
  if (places_done_) {
    return false;
  }
  if (!plain_done_) {
    return plain_done_ = true;
  }
  const auto last = static_cast<std::uint32_t>(std::min<std::size_t>(most_choices, most_places));
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const std::uint32_t bound = i + 1 < places_.size() && places_[i + 1] != 0 ? places_[i + 1] : last;
    if (places_[i] < bound) {
      ++places_[i];
      std::fill(places_.begin(), places_.begin() + static_cast<std::ptrdiff_t>(i), 1);
      return true;
    }
  }
  places_done_ = true;
  return false;
}

std::uint64_t seed_plan::next(std::size_t most_choices) noexcept {
  const std::uint64_t n = count_++;
  if (n == 0) {
    return first_;
  }
  constexpr std::uint64_t delays_every = 4;
  if (n % delays_every == 1 && next_places(most_choices)) {
    std::uint64_t places = 0;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      places |= std::uint64_t{places_[i]} << (place_bits * i);
    }
    return with_kind(places << kind_bits, strategy_kind::delays);
  }
  constexpr std::array turns{strategy_kind::random_walk,  strategy_kind::priorities_2, strategy_kind::sticky_walk,
                             strategy_kind::priorities_3, strategy_kind::starvation,   strategy_kind::priorities_4,
                             strategy_kind::lively_walk};
  std::uint64_t length = 0;
  while (length + 1 < (1U << length_bits) && (std::size_t{2} << length) < most_choices) {
    ++length;
  }
  const std::uint64_t bits = mix(first_ + n * 0x9E3779B97F4A7C15ULL);
  const std::uint64_t rest = bits >> (kind_bits + length_bits) << length_bits | length;
  return with_kind(rest << kind_bits, turns[n % turns.size()]);
}

}  // namespace goro::testing
