#include "sched/lock_cycle.hpp"

#include <unordered_set>
#include <utility>

namespace goro::sched {
namespace {

// Writers go before readers: those that wait for the lock exclusively. None when one of them may give up, and let
// readers in.
std::vector<party_key> writers_before(lock_tables& tables, const watched_lock& l) {
  std::vector<party_key> writers;
  for (const party_key waiter : l.waiters) {
    const party* w = tables.find(waiter);
    if (w != nullptr && w->mode == lock_mode::exclusive) {
      if (w->may_give_up) {
        return {};
      }
      writers.push_back(waiter);
    }
  }
  return writers;
}

// Those without whom the wait cannot end.
std::vector<party_key> needed_by(lock_tables& tables, const party& waiting) {
  std::vector<party_key> needed;
  const watched_lock* l = tables.find(waiting.waits_for);
  if (l == nullptr || l->is_signal) {
    return needed;
  }
  const bool shares = waiting.mode == lock_mode::shared;
  for (const party_key holder : l->holders) {
    const party* p = tables.find(holder);
    const hold* h = p != nullptr ? hold_of(*p, waiting.waits_for) : nullptr;
    if (h != nullptr && !(shares && h->mode == lock_mode::shared)) {
      needed.push_back(holder);
    }
  }
  if (shares && !waiting.maybe_admitted) {
    const std::vector<party_key> writers = writers_before(tables, *l);
    needed.insert(needed.end(), writers.begin(), writers.end());
  }
  return needed;
}

// Depth first, without recursion: who completes a circle stands on a goroutine's stack.
class search {
 public:
  explicit search(lock_tables& tables) noexcept : tables_(tables) {}

  // The path leads back to its first element.
  std::vector<party_key> path_from(party_key from) {
    enter(from);
    while (!ways_.empty()) {
      way& last = ways_.back();
      if (last.next == last.needed.size()) {
        ways_.pop_back();
        continue;
      }
      const party_key next = last.needed[last.next++];
      if (next == from) {
        return path();
      }
      if (seen_.insert(next).second) {
        enter(next);
      }
    }
    return {};
  }

 private:
  struct way {
    party_key at;
    std::vector<party_key> needed;
    std::size_t next = 0;
  };

  void enter(party_key at) {
    const party* p = tables_.find(at);
    if (p != nullptr && !p->waits_for.is_none() && !p->may_give_up) {
      ways_.push_back({at, needed_by(tables_, *p)});
    }
  }

  std::vector<party_key> path() const {
    std::vector<party_key> keys;
    for (const way& w : ways_) {
      keys.push_back(w.at);
    }
    return keys;
  }

  lock_tables& tables_;
  std::vector<way> ways_;
  std::unordered_set<party_key> seen_;
};

}  // namespace

std::vector<deadlock_member> find_lock_cycle(lock_tables& tables, party_key from) {
  const std::vector<party_key> path = search(tables).path_from(from);
  std::vector<deadlock_member> members;
  members.reserve(path.size());
  for (std::size_t i = 0; i < path.size(); ++i) {
    const party& p = *tables.find(path[i]);
    const party& next = *tables.find(path[(i + 1) % path.size()]);
    const hold* held = hold_of(next, p.waits_for);
    members.push_back({.who = p.who,
                       .lock = p.waits_for,
                       .mode = p.mode,
                       .reason = p.reason,
                       .waits_at = p.waits_at,
                       .next_holds = held != nullptr,
                       .next_shares = held != nullptr && held->mode == lock_mode::shared,
                       .held_at = held != nullptr ? held->at : call_trace{}});
  }
  return members;
}

}  // namespace goro::sched
