// Decisions are left out, or changed so that others become needless, as long as the schedule still fails. Each try runs
// it once.
#include "testing/shrink.hpp"

#include <algorithm>
#include <utility>

namespace goro::testing {
namespace {

class trials {
 public:
  explicit trials(const std::function<bool(const decisions&)>& still_fails) : still_fails_(still_fails) {}

  // There may be many decisions to go through: who loops over them looks whether there is any use.
  bool are_used_up() const noexcept { return left_ == 0; }
  bool show_failure_of(const decisions& some) {
    if (are_used_up()) {
      return false;
    }
    --left_;
    return still_fails_(some);
  }

 private:
  const std::function<bool(const decisions&)>& still_fails_;
  std::size_t left_ = 400;
};

// Ever smaller ones, until none of them all can be spared.
void leave_out_pieces(decisions& kept, trials& tries) {
  std::size_t piece = std::max<std::size_t>(kept.size() / 2, 1);
  while (!kept.empty() && !tries.are_used_up()) {
    bool dropped = false;
    // From the end: what comes after the failure's cause goes first.
    for (std::size_t at = kept.size(); at > 0 && !tries.are_used_up();) {
      const std::size_t begin = at > piece ? at - piece : 0;
      decisions fewer(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(begin));
      fewer.insert(fewer.end(), kept.begin() + static_cast<std::ptrdiff_t>(at), kept.end());
      if (tries.show_failure_of(fewer)) {
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

// Where another goroutine goes on instead, other decisions, which made up for the choice, may be needless: all, or one
// of them.
bool leave_out_by_another_choice(decisions& kept, trials& tries) {
  std::uint32_t last = 0;
  for (const decision& d : kept) {
    last = std::max({last, d.who, d.to});
  }
  last += 2;  // perhaps one that no decision names
  for (std::size_t changed = 0; changed < kept.size(); ++changed) {
    for (std::uint32_t to = 1; to <= last; ++to) {
      decisions alone{kept[changed]};
      alone[0].to = to;
      if (tries.show_failure_of(alone)) {
        kept = std::move(alone);
        return true;
      }
    }
  }
  for (std::size_t changed = 0; kept.size() > 2 && changed < kept.size(); ++changed) {
    for (std::uint32_t to = 1; to <= last; ++to) {
      for (std::size_t dropped = 0; to != kept[changed].to && dropped < kept.size(); ++dropped) {
        if (tries.are_used_up()) {
          return false;
        }
        decisions fewer = kept;
        fewer[changed].to = to;
        fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(dropped));
        if (dropped != changed && tries.show_failure_of(fewer)) {
          kept = std::move(fewer);
          return true;
        }
      }
    }
  }
  return false;
}

}  // namespace

decisions shrink(const decisions& made, const std::function<bool(const decisions&)>& still_fails,
                 const std::function<decisions()>& alternatives) {
  trials tries(still_fails);
  if (tries.show_failure_of({})) {
    return {};
  }
  decisions kept = made;
  do {
    leave_out_pieces(kept, tries);
  } while (kept.size() > 1 && leave_out_by_another_choice(kept, tries));
  if (kept.size() > 1 && !tries.are_used_up()) {  // one that none of them names may do as well
    const decisions others = alternatives();
    const auto enough =
        std::find_if(others.begin(), others.end(), [&](const decision& d) { return tries.show_failure_of({d}); });
    if (enough != others.end()) {
      return {*enough};
    }
  }
  return kept;
}

}  // namespace goro::testing
