// A descriptor that calls wait for: the link between the poller's events and waiters.
//
// There is one io_source per descriptor number, made at its first use and never freed, so that an event may be looked
// up whatever has become of its descriptor since. An event's token names the source and the *sequence number* that it
// had when the descriptor was registered.
//
// Stale events: the system may have handed out an event (it lies in some worker's array) when the descriptor is closed,
// its number given to a new socket, and that one registered. close() counts the sequence up under the source's lock,
// before the number can be reused; deliver() compares under the same lock. So the event is either delivered before
// close() is over, to those who wait on the old descriptor (nobody: who closes has sent them away), or it is dropped.
// The number has 32 bits: for a mistake, one worker would have to hold an array of events while the same descriptor is
// closed and opened four thousand million times.
//
// Readiness, per direction: `ready` says that an event came that nobody has acted on. A call takes it (take), tries the
// system call, and on "would block" waits for the next. It is one atomic word, changed only by read-modify-writes: in
// their order an event either comes after the take, and then it stays noted; or before it, and then the take has
// acquired what the event's thread knew (other takes and put-backs in between pass it on, being read-modify-writes), so
// the system call that follows sees the data. Either way no edge is lost.
//
// One waiter per direction: the callers take turns (net's locks).
#pragma once

#include <cstdint>
#include <span>

#include "base/lock.hpp"
#include "sched/wait.hpp"

namespace goro::poll {
struct event;
}

namespace goro::sched {

enum class io_direction : std::uint8_t { read = 0, write = 1 };
enum class io_status : std::uint8_t { ready, timed_out, closed };

class io_source {
 public:
  io_source() noexcept = default;
  io_source(const io_source&) = delete;
  io_source& operator=(const io_source&) = delete;

  // Registers an open, non-blocking descriptor; null with the system's error number in `error`. Both directions count
  // as ready.
  static io_source* open(int descriptor, int& error) noexcept;
  // Sends all waiters away and refuses later waits, with io_status::closed.
  void evict() noexcept;
  // Ends the registration. After evict(), when nobody is inside any more; the descriptor is still open.
  void close() noexcept;

  // Takes the note that the direction is ready, waiting for one if there is none. At once `closed` after evict(), and
  // `timed_out` past the deadline even if the direction is ready.
  io_status take(io_direction d) noexcept;
  // Puts the note back: the system call did not exhaust what is there.
  void put_back(io_direction d) noexcept;
  bool has_waiter() const noexcept { return waiting_at(0) != nullptr || waiting_at(1) != nullptr; }
  // Has an event come after which a short read does not mean that there is no more (poll::event::unusual)? Known to who
  // has taken the readiness that came with it.
  bool unusual() const noexcept;

  // For waits under way and later ones. `never`: none.
  void set_deadline(io_direction d, base::nanoseconds when) noexcept;

 private:
  friend class ready_waiters;

  waiter* waiting_at(unsigned direction) const noexcept { return waiting_[direction].load(base::memory_order_relaxed); }
  static unsigned index(io_direction d) noexcept { return static_cast<unsigned>(d); }
  io_status wait(io_direction d) noexcept;
  waiter* claim_waiter(unsigned direction, std::uint32_t outcome) noexcept;
  waiter* note_ready(unsigned direction) noexcept;
  static void unlock(void* source) noexcept { static_cast<io_source*>(source)->lock_.release(); }

  base::lock lock_{base::lock_rank::io_source};
  // Written under lock_.
  base::atomic<bool> evicted_{false};
  base::atomic<bool> unusual_{false};
  base::atomic<bool> ready_[2] = {};  // also taken without it
  int descriptor_ = -1;               // -1: none
  std::uint32_t sequence_ = 1;
  base::atomic<base::nanoseconds> deadline_[2] = {base::never, base::never};
  base::atomic<waiter*> waiting_[2] = {};  // read without it by somebody_waits_for_io
};

// Does anybody wait for a descriptor? Then the network may wake somebody, though nothing runs and no timer is set.
// Slow: looks at all of them. Exact while the caller holds the scheduler's lock and has seen all workers at rest: who
// delivers an event must take that lock first.
bool somebody_waits_for_io() noexcept;

// Makes those ready that wait for what has happened, collected first and let go together: like timers that are due.
class ready_waiters {
 public:
  void collect(const poll::event& event) noexcept;
  void collect(std::span<const poll::event> events) noexcept;
  // At the back of the calling worker's queue, or in the global one; and somebody is woken for them. Both return how
  // many.
  unsigned queue() noexcept;
  unsigned make_ready() noexcept;

 private:
  void add(waiter* w) noexcept;

  static constexpr unsigned room = 256;  // two directions of poll::poller::most_events
  waiter* waiters_[room];
  unsigned count_ = 0;
};

}  // namespace goro::sched
