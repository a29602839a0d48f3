// Waiters by address: the queues behind mutex, wait_group, semaphore and the other sync types.
//
// A primitive is a plain word of state. Who waits for it stands here, in a hash table keyed by the word's address
// (the idea of Linux's futex and of WebKit's ParkingLot). A waker uses only the *address* once it has let the state go,
// so a mutex or wait_group may be destroyed by the one it woke: the C++ lifetime rule that queues inside the object
// would break.
//
// Everything passed as a callback runs under the bucket's lock: keep it to a few instructions on the primitive's state,
// call nothing that parks or takes a lock of rank <= wait_bucket.
//
// Waiters of one key are served first in, first out (`front` puts one at the head).
#pragma once

#include <cstdint>

#include "base/function_ref.hpp"
#include "sched/wait.hpp"

namespace goro::sched {

class interruption;

struct wait_options {
  wait_reason reason = wait_reason::none;
  bool front = false;        // queue at the head: it has waited before
  bool looks_again = false;  // may be woken for no reason (wake_to_look_again)
  std::uintptr_t note = 0;   // what the filter of wake_some sees (weight, shared or exclusive)
  base::nanoseconds deadline = base::never;
  base::nanoseconds waiting_since = 0;  // for wake_info; reading the clock is left to those who need it
  interruption* interrupter = nullptr;  // what may end the wait from outside, on the same key
};

struct wait_result {
  enum class kind : std::uint8_t {
    refused,  // still_needed() said no; nothing happened
    woken,    // a waker chose this waiter; `token` is what it passed
    timed_out,
    interrupted,  // by options.interrupter; as a timeout in every other respect
  };
  kind how;
  std::uint32_t token = 0;
};

// Blocks on `key` unless still_needed() (under the bucket's lock) returns false.
// before_park, when given, runs after the waiter is queued and the bucket's lock is free, while the caller can still be
// woken (a condition variable unlocks its mutex there).
// timed_out_cleanup, when given, runs under the bucket's lock when this waiter takes itself out of the queue after its
// timeout or interruption, or is interrupted before it has queued; its argument says whether others still wait on the
// key. It does not run when a waker met the waiter first and unlinked it: that waker has seen the truth, and the object
// on `key` may be gone since.
wait_result wait_on(const void* key, const wait_options& options, base::function_ref<bool()> still_needed) noexcept;
wait_result wait_on(const void* key, const wait_options& options, base::function_ref<bool()> still_needed,
                    base::function_ref<void(bool others_wait)> timed_out_cleanup) noexcept;
wait_result wait_on(const void* key, const wait_options& options, base::function_ref<bool()> still_needed,
                    base::function_ref<void()> before_park,
                    base::function_ref<void(bool others_wait)> timed_out_cleanup) noexcept;

// Ends a call's waits on `key` from outside, without being one of the key's wakers: a cancelled context. It belongs to
// that call, which passes it to each wait_on it makes; the owner sees to it that nobody calls interrupt() once the call
// has returned.
//
// No interruption is lost: interrupt() and the step that queues the waiter both hold the bucket's lock. Whichever comes
// second sees the other: a wait that comes later is refused, one that is queued is claimed. And since a goroutine that
// parks lets go of that lock only after its context is saved, the claimed one can be made ready at once. A claimed
// waiter stays linked and takes itself out, exactly as after a timeout: what the primitives do about timeouts covers
// interruptions.
class interruption {
 public:
  explicit interruption(const void* key) noexcept : key_(key) {}
  interruption(const interruption&) = delete;
  interruption& operator=(const interruption&) = delete;

  // Ends the wait under way and all later ones. Returns the waiter that it ended, if any: the caller must call its
  // make_ready(), which may be done after letting go of whatever keeps this object alive.
  [[nodiscard]] waiter* interrupt() noexcept;

 private:
  friend struct interruptible_wait;

  const void* key_;
  waiter* waiting_ = nullptr;  // guarded by the bucket's lock, as what follows
  bool interrupted_ = false;
};

// What a waker learns under the bucket's lock.
struct wake_info {
  std::uint32_t woken = 0;              // waiters chosen so far (wake_one: 0 or 1)
  bool others_wait = false;             // waiters remain on this key
  std::uintptr_t note = 0;              // wake_one: the chosen waiter's note
  base::nanoseconds waiting_since = 0;  // wake_one: what the chosen waiter passed in its options
};

// Takes the first waiter of `key`, if any, and calls decide(info) under the bucket's lock, also when there was none.
// decide returns the token that the waiter gets. Returns the number woken (0 or 1).
std::uint32_t wake_one(const void* key, base::function_ref<std::uint32_t(const wake_info&)> decide) noexcept;

// Wakes the first waiter of `key` that looks again, if there is one, and gives it the token. For a waker that does not
// know whether what it was concerned with still lives at that address.
void wake_to_look_again(const void* key, std::uint32_t token) noexcept;

// Wakes every waiter of `key`; `decide` as above, once, with the number chosen. Returns that number.
std::uint32_t wake_all(const void* key, base::function_ref<std::uint32_t(const wake_info&)> decide) noexcept;

enum class wake_choice : std::uint8_t { wake, skip, stop };
// Offers the waiters of `key` in order to `choose(note)`, which says wake, skip or stop and changes nothing: a waiter
// whose timeout comes first is lost even then. `taken(note)` is called for each one that was really won, before the
// next is offered. Then `finish(info)` is called under the same lock; the woken ones get the token it returns.
std::uint32_t wake_some(const void* key, base::function_ref<wake_choice(std::uintptr_t note)> choose,
                        base::function_ref<void(std::uintptr_t note)> taken,
                        base::function_ref<std::uint32_t(const wake_info&)> finish) noexcept;

}  // namespace goro::sched
