// Who holds which lock, who waits for which, and in which order locks were taken: in programs that ask for it by
// GORODEBUG=deadlock=1 (cycles of owned locks are reported when they close, while the rest of the program runs) or
// lockorder=1 (locks that are taken in two orders are reported, whether or not that led to a deadlock). Nothing of it
// is recorded otherwise.
//
// Why a lock costs nothing for it while nobody asks: the locks' fast paths look at the word `preemption_wanted` anyway,
// which is always up in a program that watches its locks, so that each call comes to a function that also looks here.
// Each lock that was watched has a bit in its word that is never cleared: its unlock, which expects a word without it,
// comes to the slow path; and a lock without the bit at an address that is known is another lock, since the former one
// there has been destroyed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/atomic.hpp"
#include "base/function_ref.hpp"
#include "sched/wait.hpp"

namespace goro::sched {

enum class lock_mode : bool { exclusive, shared };

// The address of a lock, in a form that the search for leaks does not take for a reference: records of locks refer to
// nothing.
class lock_id {
 public:
  lock_id() noexcept = default;
  lock_id(const void* lock) noexcept  // NOLINT(google-explicit-constructor): it stands for the address
      : inverted_(~reinterpret_cast<std::uintptr_t>(lock)) {}
  std::uintptr_t address() const noexcept { return ~inverted_; }
  bool is_none() const noexcept { return address() == 0; }
  bool operator==(const lock_id&) const noexcept = default;

 private:
  std::uintptr_t inverted_ = ~std::uintptr_t{0};
};

struct call_trace {
  std::size_t count = 0;
  std::array<std::uintptr_t, 32>
      returns{};  // innermost first; the rest is not what the stack held, which might look like a reference
};

// A goroutine, or a foreign thread.
struct lock_party {
  std::uint64_t id = 0;  // of a thread the kernel's
  bool is_thread = false;
  std::string name;
  const void* creator = nullptr;
  std::uint64_t parent_id = 0;

  bool operator==(const lock_party& other) const noexcept { return id == other.id && is_thread == other.is_thread; }
};

// One of those who wait in a circle: for a lock that the next one (of the last: the first one) holds.
struct deadlock_member {
  lock_party who;
  lock_id lock;
  lock_mode mode;
  wait_reason reason;
  call_trace waits_at;
  bool next_holds;   // else the next one waits for the same lock exclusively, and comes before those who would share it
  bool next_shares;  // the lock, with others
  call_trace held_at;  // where the next one took it
};

// Somebody took `wanted` while he held `held`.
struct lock_order_edge {
  lock_id held;
  lock_id wanted;
  bool shares_both;
  lock_party who;
  call_trace held_at;
  call_trace wanted_at;
};

struct lock_watch_options {
  void (*capture)(call_trace&) noexcept;                                  // the caller's calls
  void (*deadlock)(std::span<const deadlock_member>) noexcept = nullptr;  // null: cycles are not looked for
  void (*inversion)(std::span<const lock_order_edge>) noexcept =
      nullptr;  // null: the order is not recorded; the newest edge first
};

// To be called before the program starts to run. The reports are called in the goroutine that completes a cycle, which
// holds no lock of the runtime then.
void watch_locks(const lock_watch_options& options) noexcept;

inline base::atomic<bool> locks_watched{false};
inline bool watches_locks() noexcept { return locks_watched.load(base::memory_order_relaxed); }

// What a lock tells, in a program that watches them. `is_new` marks the lock as known, and says whether it was not.
// A try that fails is not told. A wait that might give up is no part of a cycle.
using mark_lock = base::function_ref<bool()>;
void note_lock_wanted(const void* lock, lock_mode mode, mark_lock is_new) noexcept;
void note_lock_wait(const void* lock, lock_mode mode, wait_reason reason, bool may_give_up, mark_lock is_new) noexcept;
void note_lock_given_up() noexcept;
void note_lock_held(const void* lock, lock_mode mode, mark_lock is_new) noexcept;  // ends the wait, too
void note_lock_released(const void* lock) noexcept;                                // before it is

}  // namespace goro::sched
