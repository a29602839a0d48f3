// Two tables under one lock: what each party holds and waits for, and who holds and awaits each lock.
//
// Why a cycle that is found is one. A hold is noted after the lock was taken and its note removed before the lock is
// given back, both by the one who does so; a wait is noted before it begins and removed when it has ended with the
// lock. So at the moment of the search, all under the tables' lock, each member of the cycle holds what the note says,
// waits without an end, and can give nothing back until it has got what it waits for. Memory that is refused to the
// tables ends the process. (Whoever waits for a lock exclusively needs all holders to leave, who wants to share it
// needs the exclusive holder to, or the writer that waits before him.) A reader is let in before it can note so, when
// an exclusive holder leaves or a writer gives up: from then on its note counts no writer as in its way. Why none is
// missed, but one through such a reader that was not let in: the last member to note its wait finds the notes of all
// others.
//
// A lock belongs to nobody: a third party might unlock it. A lock that was once given back by another than its holder
// is a signal rather than a lock, and no part of a cycle.
#include "sched/lock_watch.hpp"

#include <algorithm>
#include <vector>

#include "base/lock.hpp"
#include "platform/os.hpp"
#include "platform/sanitizer.hpp"
#include "sched/lock_cycle.hpp"
#include "sched/lock_tables.hpp"
#include "sched/scheduler.hpp"

namespace goro::sched {
namespace {

constinit base::lock guard{base::lock_rank::lock_watch};
constinit lock_watch_options options{};
constinit lock_tables* all = nullptr;  // never deleted: goroutines run until the end

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

}  // namespace

void watch_locks(const lock_watch_options& wanted) noexcept {
  options = wanted;
  all = new lock_tables;
  locks_watched.store(true, base::memory_order_relaxed);
  watch_calls();
}

void note_lock_wanted(const void* lock, lock_mode mode, mark_lock is_new) noexcept {
  if (options.inversion == nullptr) {
    return;
  }
  const platform::sanitizer_unobserved quiet;  // the tables' lock, and functions of the standard library
  call_trace here;
  options.capture(here);
  const lock_party self = calling_party();
  std::vector<lock_order_edge> circle;
  {
    const base::lock_guard hold_tables(guard);
    const std::uint64_t serial = all->record_of(lock, is_new).serial;
    if (const party* p = all->find(key_of(self))) {
      for (const hold& h : p->holds) {
        if (h.lock != lock) {
          const bool shares = mode == lock_mode::shared && h.mode == lock_mode::shared;
          all->order().note(h.serial, serial, {h.lock, lock, shares, self, h.at, here}, circle);
        }
      }
    }
  }
  if (!circle.empty()) {
    options.inversion(circle);
  }
}

void note_lock_wait(const void* lock, lock_mode mode, wait_reason reason, bool may_give_up, mark_lock is_new) noexcept {
  if (options.deadlock == nullptr) {
    return;
  }
  const platform::sanitizer_unobserved quiet;
  party wait{};
  wait.mode = mode;
  wait.reason = reason;
  wait.may_give_up = may_give_up;
  options.capture(wait.waits_at);
  const lock_party self = calling_party();
  std::vector<deadlock_member> cycle;
  {
    const base::lock_guard hold_tables(guard);
    all->begin_wait(self, lock, is_new, wait);
    cycle = find_lock_cycle(*all, key_of(self));
  }
  if (!cycle.empty()) {
    options.deadlock(cycle);
  }
}

void note_lock_given_up() noexcept {
  const platform::sanitizer_unobserved quiet;
  const party_key self = key_of(calling_party());
  const base::lock_guard hold_tables(guard);
  const party* p = all->find(self);
  if (p != nullptr && !p->waits_for.is_none() && p->mode == lock_mode::exclusive) {
    all->note_readers_maybe_admitted((*all)[p->waits_for]);
  }
  all->end_wait(self);
  all->forget_if_idle(self);
}

void note_lock_held(const void* lock, lock_mode mode, mark_lock is_new) noexcept {
  const platform::sanitizer_unobserved quiet;  // the tables' lock, and functions of the standard library
  call_trace here;
  options.capture(here);
  const lock_party self = calling_party();
  const base::lock_guard hold_tables(guard);
  all->add_hold(self, lock, is_new, mode, here);
}

void note_lock_released(const void* lock) noexcept {
  const platform::sanitizer_unobserved quiet;
  const party_key self = key_of(calling_party());
  const base::lock_guard hold_tables(guard);
  watched_lock* l = all->find(lock_id(lock));
  if (l == nullptr || l->holders.empty()) {
    return;
  }
  party_key holder = self;
  if (std::find(l->holders.begin(), l->holders.end(), self) == l->holders.end()) {
    l->is_signal = true;
    holder = l->holders.back();
  }
  const party* p = all->find(holder);
  const hold* given_back = p != nullptr ? hold_of(*p, lock) : nullptr;
  if (given_back == nullptr || given_back->mode == lock_mode::exclusive) {
    all->note_readers_maybe_admitted(*l);
  }
  erase_one(l->holders, holder);
  all->drop_hold(holder, lock);
}

}  // namespace goro::sched
