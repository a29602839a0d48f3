#include "sched/lock_tables.hpp"

#include <algorithm>
#include <utility>

namespace goro::sched {

const hold* hold_of(const party& p, lock_id lock) noexcept {
  const auto at = std::find_if(p.holds.begin(), p.holds.end(), [lock](const hold& h) { return h.lock == lock; });
  return at != p.holds.end() ? &*at : nullptr;
}

void erase_one(std::vector<party_key>& from, party_key key) {
  const auto at = std::find(from.begin(), from.end(), key);
  if (at != from.end()) {
    from.erase(at);
  }
}

party& lock_tables::entry_of(const lock_party& who) {
  party& p = parties_[key_of(who)];
  if (p.who.id == 0) {
    p.who = who;
  }
  return p;
}

party* lock_tables::find(party_key key) noexcept {
  const auto p = parties_.find(key);
  return p != parties_.end() ? &p->second : nullptr;
}

void lock_tables::forget_if_idle(party_key key) {
  const auto p = parties_.find(key);
  if (p != parties_.end() && p->second.holds.empty() && p->second.waits_for.is_none()) {
    parties_.erase(p);
  }
}

watched_lock* lock_tables::find(lock_id lock) noexcept {
  const auto l = locks_.find(lock);
  return l != locks_.end() ? &l->second : nullptr;
}

watched_lock& lock_tables::record_of(lock_id lock, mark_lock is_new) {
  watched_lock& l = locks_[lock];
  if (is_new() || l.serial == 0) {
    for (const party_key holder : std::exchange(l.holders, {})) {
      drop_hold(holder, lock);
    }
    order_.forget(l.serial);
    l.is_signal = false;
    l.serial = ++last_serial_;
  }
  return l;
}

void lock_tables::begin_wait(const lock_party& who, lock_id lock, mark_lock is_new, const party& wait) {
  const party_key key = key_of(who);
  end_wait(key);
  record_of(lock, is_new).waiters.push_back(key);
  party& p = entry_of(who);
  p.waits_for = lock;
  p.mode = wait.mode;
  p.reason = wait.reason;
  p.may_give_up = wait.may_give_up;
  p.maybe_admitted = false;
  p.waits_at = wait.waits_at;
}

void lock_tables::end_wait(party_key key) {
  party* p = find(key);
  if (p != nullptr && !p->waits_for.is_none()) {
    erase_one(locks_[p->waits_for].waiters, key);
    p->waits_for = {};
  }
}

void lock_tables::add_hold(const lock_party& who, lock_id lock, mark_lock is_new, lock_mode mode,
                           const call_trace& at) {
  end_wait(key_of(who));
  watched_lock& l = record_of(lock, is_new);
  if (mode == lock_mode::exclusive) {  // a third party may have unlocked it before its last holder was noted
    for (const party_key holder : std::exchange(l.holders, {})) {
      drop_hold(holder, lock);
    }
  }
  l.holders.push_back(key_of(who));
  entry_of(who).holds.push_back({lock, l.serial, mode, at});
}

void lock_tables::drop_hold(party_key key, lock_id lock) {
  party* p = find(key);
  if (p == nullptr) {
    return;
  }
  const auto at = std::find_if(p->holds.rbegin(), p->holds.rend(), [lock](const hold& h) { return h.lock == lock; });
  if (at != p->holds.rend()) {
    p->holds.erase(std::next(at).base());
  }
  forget_if_idle(key);
}

void lock_tables::note_readers_maybe_admitted(const watched_lock& l) {
  for (const party_key waiter : l.waiters) {
    if (party* p = find(waiter)) {
      p->maybe_admitted = p->maybe_admitted || p->mode == lock_mode::shared;
    }
  }
}

}  // namespace goro::sched
