// What parties (goroutines and foreign threads) and locks have to do with each other: who holds which lock and waits
// for which. Nothing here is thread-safe; lock_watch.cpp has it all under one lock.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "sched/lock_order.hpp"
#include "sched/lock_watch.hpp"

namespace goro::sched {

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

class lock_tables {
 public:
  party& entry_of(const lock_party& who);
  // Null when it neither holds a lock nor waits for one.
  party* find(party_key key) noexcept;
  void forget_if_idle(party_key key);

  watched_lock& operator[](lock_id lock) { return locks_[lock]; }
  watched_lock* find(lock_id lock) noexcept;
  // The record of the lock that stands at the address now: what is recorded of another one that stood there is
  // forgotten.
  watched_lock& record_of(lock_id lock, mark_lock is_new);

  void begin_wait(const lock_party& who, lock_id lock, mark_lock is_new, const party& wait);
  // The party waits no longer.
  void end_wait(party_key key);

  void add_hold(const lock_party& who, lock_id lock, mark_lock is_new, lock_mode mode, const call_trace& at);
  void drop_hold(party_key key, lock_id lock);

  // Somebody who wanted or had the lock for himself has gone: readers may be let in from now on, before they can note
  // it.
  void note_readers_maybe_admitted(const watched_lock& l);

  lock_order& order() noexcept { return order_; }

 private:
  struct hash_of_lock {
    std::size_t operator()(lock_id lock) const noexcept { return std::hash<std::uintptr_t>{}(lock.address()); }
  };

  std::unordered_map<party_key, party> parties_;
  std::unordered_map<lock_id, watched_lock, hash_of_lock> locks_;
  std::uint64_t last_serial_ = 0;
  lock_order order_;
};

inline party_key key_of(const lock_party& who) noexcept { return who.is_thread ? who.id | thread_bit : who.id; }

const hold* hold_of(const party& p, lock_id lock) noexcept;
void erase_one(std::vector<party_key>& from, party_key key);

}  // namespace goro::sched
