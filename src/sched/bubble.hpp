// A bubble: goroutines that have a clock of their own and run one at a time. What testing::run_virtual and
// testing::simulate are made of.
//
// Who is started by a member is a member. One of them is *let go* to the scheduler and runs as every goroutine does, on
// any worker; the others that could run wait in the bubble's own list. When it stops (waits, yields, ends) the bubble
// lets the next one go. So which one that is can be decided, by `bubble_rules`, and "nobody can run" is an empty list:
//
//   somebody waits for outside            nothing happens until he is made ready (network, blocking(), a channel made
//                                         outside)
//   somebody waits for the others' rest   (wait_idle) he goes on
//   a timer of the bubble is pending      the clock jumps to it
//   else                                  all are blocked for good: the bubble is over
//
// The places where members leave the way of other goroutines are those that are slow anyway: a park, a wake-up of a
// parked one, the start and the end of a goroutine, a timer's start. They look at one word first, whether there are
// bubbles at all. The preemption points cost nothing more than they did, for a simulation raises the word that they
// look at anyway.
//
// The successor is let go by a callback on the worker's own stack, when the one that stopped has been saved and what it
// waits for is unlocked. Until then nobody else of the bubble runs, so it stands still even if it has been made ready.
//
// A bubble that fails is abandoned: its goroutines stay where they are for ever. None of them ends, so no stack is used
// again that has their waiters. What those wait for may end, and something else stand at its address: so whoever stands
// in the wait table is claimed in the name of nobody, and a waker that meets him there passes on. (A channel lives as
// long as those who wait for it have handles of it.)
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/atomic.hpp"
#include "base/lock.hpp"
#include "platform/context.hpp"
#include "sched/goroutine.hpp"
#include "sched/launch_extras.hpp"
#include "sched/timers.hpp"

namespace goro::sched {

struct bubble_entry {
  bubble_member* who;
  runnable what;
};

enum class step_kind : std::uint8_t {
  call,   // before or after a call that is a preemption point
  yield,  // it wishes that others run
  wait,   // it cannot go on
  end,
  wake,  // nobody ran, and somebody was made ready from outside
};

// Why somebody else may run now. For call and yield `who` may go on too.
struct step {
  step_kind kind;
  bubble_member* who;  // null for `wake`
  const std::vector<bubble_entry>& ready;
};

// What a user of bubbles decides. Called when nobody of the bubble runs, or by the one that does; under the bubble's
// lock (choose), so it must call nothing of goro.
class bubble_rules {
 public:
  static constexpr std::size_t stay = SIZE_MAX;         // who runs goes on
  static constexpr std::size_t give_up = SIZE_MAX - 1;  // the bubble has failed

  virtual ~bubble_rules() = default;
  // The index in `ready` of the one that goes on.
  virtual std::size_t choose(const step& now) noexcept = 0;
  // Runs the goroutine's function. False: the bubble has failed.
  virtual bool run(launch& l) = 0;
  virtual std::uint32_t random_below(const bubble_member& who, std::uint32_t bound) noexcept = 0;
};

class bubble {
 public:
  enum class outcome : std::uint32_t {
    none,
    ended,     // all members have
    deadlock,  // all are blocked
    leak,      // the first has ended, the others are blocked
    failed,    // by the rules
  };

  // Without rules: members run until they wait or yield, and go on in the order in which they can.
  explicit bubble(bubble_rules* rules) noexcept;
  bubble(const bubble&) = delete;
  bubble& operator=(const bubble&) = delete;

  // Are there any? One load.
  static bool any() noexcept { return count_.load(base::memory_order_relaxed) != 0; }
  // Of a goroutine; null: it is in none.
  static bubble* of(const goroutine& g) noexcept;
  static bubble* of_caller() noexcept;
  // A number below `bound`, when the caller is in a bubble with rules: those decide all that is left to chance.
  static std::optional<std::uint32_t> random_of_caller(std::uint32_t bound) noexcept;

  // For the owner, who is no member: starts the first member and waits for the outcome. Once.
  outcome run(launch& first, const void* creator) noexcept;
  // Afterwards: true when nothing refers to it any more, else it must stay for ever.
  bool may_be_deleted() const noexcept {
    return outcome_ == outcome::ended && alarms_.load(base::memory_order_acquire) == 0;
  }  // sync: bubble-alarms
  // The end of the bubble: deletes it if that can be done.
  static void retire(bubble* b) noexcept;

  // By the first member, at its end: waits until it is the last one. The clock stands still from now on.
  void wait_for_members() noexcept;
  // Waits until all others are blocked. Panics when somebody waits so already.
  void wait_idle();

  // Told apart for ever; 0 is none.
  std::uint32_t id() const noexcept { return id_; }
  static std::uint32_t id_of_caller() noexcept;

  base::nanoseconds now() const noexcept { return now_.load(base::memory_order_relaxed); }
  timer_queue& timers() noexcept { return timers_; }
  // Of the goroutine's bubble; null: it is in none.
  static timer_queue* timers_of(const goroutine& g) noexcept {
    bubble* b = of(g);
    return b != nullptr ? &b->timers_ : nullptr;
  }
  void note_alarm() noexcept { alarms_.fetch_add(1, base::memory_order_relaxed); }
  void forget_alarm() noexcept { alarms_.fetch_sub(1, base::memory_order_release); }  // sync: bubble-alarms
  bubble_rules* rules() const noexcept { return rules_; }
  const bubble_member* first_member() const noexcept { return members_; }  // of one that is over
  std::size_t member_count() const noexcept { return member_count_; }

  // For the rest of the scheduler -----------------------------------------------------------------------------------
  // A new member: before it is queued, and its queueing.
  static launch_extras& make_extras(launch& l);
  void adopt(launch& l) noexcept;
  void add_ready(bubble_member& who, runnable what) noexcept;
  static void note_in_table(const goroutine& self, waiter* queued) noexcept;
  // True when the caller's goroutine went to its bubble.
  static bool take_ready(goroutine& g, runnable what) noexcept;
  // The running member parks; as sched::leave.
  void park(goroutine& self, platform::after_switch after, bool for_outside) noexcept;
  // The running member comes to a step at which it could go on. False: it goes on, but should let others of the program
  // run.
  bool step_of(goroutine& self, step_kind kind) noexcept;
  void run_record(goroutine& self);
  // A member is about to end; if it returns the caller frees the stack and then calls pass_on.
  void end_of(goroutine& self) noexcept;
  void pass_on(step_kind kind, bubble_member* left) noexcept;
  void enter_blocking(goroutine& self) noexcept;
  // False: the caller must wait its turn, by leaving with `queue_in_bubble`.
  bool leave_blocking(goroutine& self) noexcept;
  static void queue_in_bubble(void* left);

 private:
  runnable take(std::size_t index) noexcept;
  std::size_t choose(step_kind kind, bubble_member* who) noexcept;
  void make_over(outcome how) noexcept;
  void fire_due_timers() noexcept;
  [[noreturn]] void stop_for_good(goroutine& self) noexcept;
  static void let_go(runnable r) noexcept;

  static inline base::atomic<std::uint32_t> count_{0};

  base::lock lock_{base::lock_rank::bubble};
  const std::uint32_t id_;
  bubble_rules* const rules_;
  // Guarded by lock_.
  std::vector<bubble_entry> ready_;
  bool busy_ = false;                // somebody runs, or is being chosen
  outcome outcome_ = outcome::none;  // not none: it is over
  bubble_member* members_ = nullptr;
  std::size_t member_count_ = 0;
  std::uint32_t last_number_ = 0;
  bubble_member last_ended_;
  std::size_t outside_ = 0;  // members that wait for outside
  waiter* idle_waiter_ = nullptr;
  waiter* first_waits_ = nullptr;  // in wait_for_members
  bool first_has_returned_ = false;
  waiter* owner_ = nullptr;

  base::atomic<base::nanoseconds> now_;
  timer_queue timers_;
  base::atomic<std::size_t> alarms_{0};  // that were made here
  bubble* next_kept_ = nullptr;          // of those that stay for ever
};

}  // namespace goro::sched
