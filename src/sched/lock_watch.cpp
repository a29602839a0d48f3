// Two tables under one lock: what each party holds and waits for, and who holds and awaits each lock.
//
// Why a cycle that is found is one. A hold is noted after the lock was taken and its note removed before the lock is given back, both by the
// one who does so; a wait is noted before it begins and removed when it has ended with the lock. So at the moment of the search, all under
// the tables' lock, each member of the cycle holds what the note says, waits without an end, and can give nothing back until it has
// got what it waits for. Memory that is refused to the tables ends the process. (Whoever waits for a lock exclusively needs all holders to
// leave, who wants to share it needs the exclusive holder to, or the writer that waits before him.) A reader is let in before it can note so,
// when an exclusive holder leaves or a writer gives up: from then on its note counts no writer as in its way. Why none is missed, but one
// through such a reader that was not let in: the last member to note its wait finds the notes of all others.
//
// A lock belongs to nobody: a third party might unlock it. A lock that was once given back by another than its holder is a signal rather than
// a lock, and no part of a cycle.
#include "sched/lock_watch.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/lock.hpp"
#include "platform/os.hpp"
#include "sched/lock_order.hpp"
#include "sched/scheduler.hpp"

namespace goro::sched {
namespace {

using party_key = std::uint64_t;
constexpr party_key thread_bit = party_key{1} << 63;

struct hold {
  lock_id lock;
  std::uint64_t serial;
  lock_mode mode;
  call_trace at;
};

struct party {
  lock_party who;
  std::vector<hold> holds;
  lock_id waits_for;
  lock_mode mode = lock_mode::exclusive;
  wait_reason reason = wait_reason::none;
  bool may_give_up = false;
  bool maybe_admitted = false;  // wants to share; the lock was given back since, perhaps to it
  call_trace waits_at;
};

struct watched_lock {
  std::uint64_t serial = 0;
  std::vector<party_key> holders;
  std::vector<party_key> waiters;
  bool is_signal = false;
};

struct hash_of_lock {
  std::size_t operator()(lock_id lock) const noexcept { return std::hash<std::uintptr_t>{}(lock.address()); }
};

struct tables {
  std::unordered_map<party_key, party> parties;
  std::unordered_map<lock_id, watched_lock, hash_of_lock> locks;
  std::uint64_t last_serial = 0;
  lock_order order;
};

constinit base::lock guard{base::lock_rank::lock_watch};
constinit lock_watch_options options{};
constinit tables* all = nullptr;  // never deleted: goroutines run until the end

lock_party calling_party() {
  lock_party self;
  const worker* w = this_worker();
  if (w != nullptr && w->current != nullptr) {
    const launch& l = *w->current->record;
    self.id = l.id;
    self.name = name_of(l);
    self.creator = l.creator;
    self.parent_id = l.parent_id;
  } else {
    self.id = static_cast<std::uint64_t>(platform::thread_id());
    self.is_thread = true;
  }
  return self;
}

party_key key_of(const lock_party& who) noexcept { return who.is_thread ? who.id | thread_bit : who.id; }

party& entry_of(const lock_party& who) {
  party& p = all->parties[key_of(who)];
  if (p.who.id == 0) {
    p.who = who;
  }
  return p;
}

void forget_if_idle(party_key key) {
  const auto p = all->parties.find(key);
  if (p != all->parties.end() && p->second.holds.empty() && p->second.waits_for.is_none()) {
    all->parties.erase(p);
  }
}

void erase_one(std::vector<party_key>& from, party_key key) {
  const auto at = std::find(from.begin(), from.end(), key);
  if (at != from.end()) {
    from.erase(at);
  }
}

void drop_hold(party_key key, lock_id lock) {
  const auto p = all->parties.find(key);
  if (p != all->parties.end()) {
    auto& holds = p->second.holds;
    const auto at = std::find_if(holds.rbegin(), holds.rend(), [lock](const hold& h) { return h.lock == lock; });
    if (at != holds.rend()) {
      holds.erase(std::next(at).base());
    }
    forget_if_idle(key);
  }
}

// The record of the lock that stands at the address now.
watched_lock& record_of(lock_id lock, mark_lock is_new) {
  watched_lock& l = all->locks[lock];
  if (is_new() || l.serial == 0) {
    for (const party_key holder : std::exchange(l.holders, {})) {
      drop_hold(holder, lock);
    }
    all->order.forget(l.serial);
    l.is_signal = false;
    l.serial = ++all->last_serial;
  }
  return l;
}

const hold* hold_of(const party& p, lock_id lock) noexcept {
  const auto at = std::find_if(p.holds.begin(), p.holds.end(), [lock](const hold& h) { return h.lock == lock; });
  return at != p.holds.end() ? &*at : nullptr;
}

// Those without whom the wait cannot end.
template <class F>
void for_each_needed(const party& waiting, F each) {
  const watched_lock& l = all->locks[waiting.waits_for];
  if (l.is_signal) {
    return;
  }
  const bool shares = waiting.mode == lock_mode::shared;
  for (const party_key holder : l.holders) {
    const hold* h = hold_of(all->parties[holder], waiting.waits_for);
    if (h != nullptr && !(shares && h->mode == lock_mode::shared)) {
      each(holder);
    }
  }
  if (!shares || waiting.maybe_admitted) {
    return;
  }
  // Writers go before readers. One that may give up might let them in.
  std::vector<party_key> writers;
  for (const party_key waiter : l.waiters) {
    const party& w = all->parties[waiter];
    if (w.mode == lock_mode::exclusive) {
      if (w.may_give_up) {
        return;
      }
      writers.push_back(waiter);
    }
  }
  for (const party_key writer : writers) {
    each(writer);
  }
}

// Depth first from `at`; the path leads back to its first element.
bool close_cycle(party_key at, std::vector<party_key>& path, std::unordered_set<party_key>& seen) {
  const auto p = all->parties.find(at);
  if (p == all->parties.end() || p->second.waits_for.is_none() || p->second.may_give_up) {
    return false;
  }
  path.push_back(at);
  bool closed = false;
  for_each_needed(p->second, [&](party_key next) {
    if (!closed) {
      closed = next == path.front() || (seen.insert(next).second && close_cycle(next, path, seen));
    }
  });
  if (!closed) {
    path.pop_back();
  }
  return closed;
}

std::vector<deadlock_member> find_cycle(party_key from) {
  std::vector<party_key> path;
  std::unordered_set<party_key> seen;
  std::vector<deadlock_member> members;
  if (close_cycle(from, path, seen)) {
    for (std::size_t i = 0; i < path.size(); ++i) {
      const party& p = all->parties[path[i]];
      const party& next = all->parties[path[(i + 1) % path.size()]];
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
  }
  return members;
}

// Somebody who wanted or had the lock for himself has gone: readers may be let in from now on, before they can note it.
void note_readers_maybe_admitted(const watched_lock& l) {
  for (const party_key waiter : l.waiters) {
    party& p = all->parties[waiter];
    p.maybe_admitted = p.maybe_admitted || p.mode == lock_mode::shared;
  }
}

// In a party's table: it waits no longer.
void end_wait(party_key key) {
  const auto p = all->parties.find(key);
  if (p != all->parties.end() && !p->second.waits_for.is_none()) {
    erase_one(all->locks[p->second.waits_for].waiters, key);
    p->second.waits_for = {};
  }
}

}  // namespace

void watch_locks(const lock_watch_options& wanted) noexcept {
  options = wanted;
  all = new tables;
  locks_watched.store(true, base::memory_order_relaxed);
  watch_calls();
}

void note_lock_wanted(const void* lock, lock_mode mode, mark_lock is_new) noexcept {
  if (options.inversion == nullptr) {
    return;
  }
  call_trace here;
  options.capture(here);
  const lock_party self = calling_party();
  std::vector<lock_order_edge> circle;
  {
    const base::lock_guard hold_tables(guard);
    const std::uint64_t serial = record_of(lock, is_new).serial;
    const auto p = all->parties.find(key_of(self));
    if (p != all->parties.end()) {
      for (const hold& h : p->second.holds) {
        if (h.lock != lock) {
          const bool shares = mode == lock_mode::shared && h.mode == lock_mode::shared;
          all->order.note(h.serial, serial, {h.lock, lock, shares, self, h.at, here}, circle);
        }
      }
    }
  }
  if (!circle.empty()) {
    options.inversion(circle);
  }
}

void note_lock_wait(const void* lock, lock_mode mode, wait_reason reason, bool may_give_up) noexcept {
  if (options.deadlock == nullptr) {
    return;
  }
  call_trace here;
  options.capture(here);
  const lock_party self = calling_party();
  std::vector<deadlock_member> cycle;
  {
    const base::lock_guard hold_tables(guard);
    party& p = entry_of(self);
    p.waits_for = lock;
    p.mode = mode;
    p.reason = reason;
    p.may_give_up = may_give_up;
    p.maybe_admitted = false;
    p.waits_at = here;
    all->locks[lock].waiters.push_back(key_of(self));
    cycle = find_cycle(key_of(self));
  }
  if (!cycle.empty()) {
    options.deadlock(cycle);
  }
}

void note_lock_given_up() noexcept {
  const party_key self = key_of(calling_party());
  const base::lock_guard hold_tables(guard);
  const auto p = all->parties.find(self);
  if (p != all->parties.end() && p->second.mode == lock_mode::exclusive) {
    note_readers_maybe_admitted(all->locks[p->second.waits_for]);
  }
  end_wait(self);
  forget_if_idle(self);
}

void note_lock_held(const void* lock, lock_mode mode, mark_lock is_new) noexcept {
  call_trace here;
  options.capture(here);
  const lock_party self = calling_party();
  const base::lock_guard hold_tables(guard);
  end_wait(key_of(self));
  watched_lock& l = record_of(lock, is_new);
  if (mode == lock_mode::exclusive) {  // a third party may have unlocked it before its last holder was noted
    for (const party_key holder : std::exchange(l.holders, {})) {
      drop_hold(holder, lock);
    }
  }
  l.holders.push_back(key_of(self));
  entry_of(self).holds.push_back({lock, l.serial, mode, here});
}

void note_lock_released(const void* lock) noexcept {
  const party_key self = key_of(calling_party());
  const base::lock_guard hold_tables(guard);
  const auto l = all->locks.find(lock);
  if (l == all->locks.end() || l->second.holders.empty()) {
    return;
  }
  std::vector<party_key>& holders = l->second.holders;
  party_key holder = self;
  if (std::find(holders.begin(), holders.end(), self) == holders.end()) {
    l->second.is_signal = true;
    holder = holders.back();
  }
  const hold* given_back = hold_of(all->parties[holder], lock);
  if (given_back == nullptr || given_back->mode == lock_mode::exclusive) {
    note_readers_maybe_admitted(l->second);
  }
  erase_one(holders, holder);
  drop_hold(holder, lock);
}

}  // namespace goro::sched
