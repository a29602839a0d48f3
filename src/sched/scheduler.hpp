// The state that all workers share, and the functions of the scheduler by file.
//
//   runtime.cpp    start, settings                  dispatch.cpp   leave a goroutine, enter the next
//   spawn.cpp      the go statement                 next.cpp       who is next
//   find_work.cpp  what a worker does that has nothing to run
//   idle.hpp       idle processors and workers: who sleeps, who wakes whom, who keeps the time
//   wait.cpp       waiter: park and ready           wait_table.cpp waiters by address
//   timers.cpp     deadlines of waits               alarm.cpp      calls at points of time
//   sysmon.cpp     time slices, upkeep              handoff.cpp    processors of those who do not come back
//   blocking.cpp   blocking(), lock_os_thread       goexit.cpp, main.cpp, yield.cpp
//   threads.cpp    workers' threads, their limit    thread_starter.cpp  who starts them
//   exit.cpp       the end of the process           this_thread.cpp  who the caller is
//   polling.cpp    who asks the poller, when        io_source.cpp  waits for descriptors
//   pause.cpp      the program stands still         inspect.cpp    what all goroutines do
//   bubble.cpp     goroutines that run one at a time, by a clock of their own
//   deadlock.cpp   nobody can wake anybody          schedtrace.cpp GORODEBUG=schedtrace
#pragma once

#include <cstdint>
#include <string_view>

#include "base/lock.hpp"
#include "platform/asymmetric_fence.hpp"
#include "sched/worker.hpp"

namespace goro::sched {

class bubble;

inline constexpr std::uint32_t max_processors = 1024;

// At every n-th dispatch a worker looks beyond its own queues (next.cpp, look_around).
inline constexpr std::uint32_t dispatches_between_looks = 8;
// A worker that has `runnable`s in its own queue looks into the global one at every n-th dispatch, so that neither
// starves (Go: 61).
inline constexpr std::uint32_t global_queue_interval = 64;
// Fresh goroutines run newest first. At every n-th dispatch the clock is asked whether the oldest is due (next.cpp); it
// also is after every expired time slice.
inline constexpr std::uint32_t dispatches_between_clocks = 64;
// With network, a worker that always has something to run looks into the poller at every n-th dispatch.
inline constexpr std::uint32_t poll_interval = 256;
static_assert(global_queue_interval % dispatches_between_looks == 0 &&
              dispatches_between_clocks % dispatches_between_looks == 0 &&
              poll_interval % dispatches_between_looks == 0);
inline constexpr base::nanoseconds time_slice = 10'000'000;

struct scheduler {
  base::lock lock{base::lock_rank::scheduler};

  // Guarded by lock.
  runnable_list global_queue;
  processor* idle_processor_list = nullptr;
  worker* idle_workers = nullptr;  // doubly linked; not the timekeeper
  std::uint32_t idle_worker_count = 0;
  std::uint32_t fewest_idle_workers = 0;  // since the last retire_idle_workers()
  worker* spare_workers = nullptr;        // records of ended threads, linked by next_idle
  worker* timekeeper = nullptr;           // the idle worker that sleeps until the next timer, while a processor is idle
  worker* in_poller = nullptr;            // the worker that sleeps in the poller (polling.cpp)

  // Written under lock, read anywhere.
  base::atomic<std::uint32_t> global_queue_size{0};
  base::atomic<std::uint32_t> idle_processors{0};
  base::atomic<std::uint32_t> processor_limit{0};  // gomaxprocs
  base::atomic<std::uint32_t> processors_made{0};  // processors[0 … made) exist
  base::atomic<processor*> processors[max_processors] = {};
  base::atomic<std::uint32_t> worker_count{0};
  base::atomic<worker*> workers{nullptr};   // every record there is, linked by next_made
  base::atomic<std::uint64_t> handoffs{0};  // processors that were taken away so far
  base::atomic<std::uint32_t> hogs{0};      // workers whose processor was taken away and that have not come back

  base::atomic<std::uint32_t> spinning{0};  // workers that look for work: at most one starts at a time
  base::atomic<base::nanoseconds> timekeeper_deadline{base::never};  // what the timekeeper sleeps until

  base::atomic<bool> poller_used{false};  // set for good, under lock, with the first descriptor that is watched

  // Not `running`: nothing more runs. Workers that see it stop for good, or for a while (pause.hpp).
  enum : std::uint32_t { running = 0, exiting = 1, forked = 2, pausing = 3, paused = 4 };
  base::futex_word stop_reason{running};
  base::atomic<bool> main_goexit{false};

  // Goroutines started and ended outside any processor (foreign threads, workers inside blocking() or without a
  // processor).
  base::atomic<std::uint64_t> started_elsewhere{0};
  base::atomic<std::uint64_t> ended_elsewhere{0};
  base::atomic<std::uint64_t> next_id{2};  // 1 is the main goroutine of run()

  base::atomic<base::nanoseconds> coarse_now{
      0};                                    // by sysmon, and by who wakes it: at most a tick old while anything runs
  base::futex_word sysmon_word{0};           // see sysmon_sleep.cpp
  base::atomic<bool> thread_refused{false};  // the system would not start a worker that work waits for
};
extern constinit scheduler sched;

// runtime.cpp ----------------------------------------------------------------------------------------------------
void ensure_started() noexcept;
// The same for a call that leaves something behind, of whatever thread: that thread's exit() then finds the runtime in
// use.
void enter_from_thread() noexcept;
void set_processor_limit(std::uint32_t n) noexcept;
// num_goroutine(), for the runtime itself: no preemption point.
std::size_t count_goroutines() noexcept;

// threads.cpp ----------------------------------------------------------------------------------------------------
// Starts a worker that holds `with`, at once or soon; do_without_thread when the system refuses a thread; fatal beyond
// debug::set_max_threads.
void start_worker(processor& with, bool spinning) noexcept;

// exit.cpp -------------------------------------------------------------------------------------------------------
// Sees to it that exit() stops the workers first; once, at start.
void prepare_for_exit() noexcept;
// No goroutine runs the runtime's code, or will, once this has returned, but the caller's. For ever.
void stop_all_workers() noexcept;
// Whether the end of the calling thread is the end of the process (or a mistake): workers, and the main thread.
void guard_thread_exit(bool armed) noexcept;
[[noreturn]] void fail_after_fork() noexcept;

// spawn.cpp ------------------------------------------------------------------------------------------------------
// What go_options::stack_size may be, in usable bytes: a goroutine needs room for its control block, the runtime's
// frames and a signal; the largest slot bounds it above.
inline constexpr std::size_t smallest_stack = std::size_t{8} << 10;
inline constexpr std::size_t stack_overhead = 1024 + sizeof(goroutine);  // colour and control block
[[noreturn]] void panic_stack_size(std::size_t asked);
// Queues a finished record; `id` 0 takes the next one.
void queue_launch(launch& l, const void* creator, std::uint64_t id) noexcept;
// The same in an alarm's ring(): on behalf of whoever set it, in `home` if that is not null.
void queue_launch_of_alarm(launch& l, const void* creator, std::uint64_t parent_id, bubble* home) noexcept;
// The first goroutine of a bubble, on behalf of the caller.
void queue_launch_in(bubble& home, launch& l, const void* creator) noexcept;
std::string_view name_of(const launch& l) noexcept;
// detail::drop_launch by who is inside, and holds `p` (or null).
void drop_record(launch& l, processor* p) noexcept;

// inspect.cpp ----------------------------------------------------------------------------------------------------
struct goroutine_view;
goroutine_view view_of(const goroutine& g) noexcept;

// dispatch.cpp ---------------------------------------------------------------------------------------------------
// Leaves the running goroutine; returns when it runs again. `after` runs on the next stack: it publishes the goroutine.
// The caller is outside the runtime, or has just stepped inside for this.
void leave(goroutine& self, platform::after_switch after) noexcept;
// The same, going home without looking for a successor (the caller has no processor, or is tied to its thread).
void leave_for_home(goroutine& self, platform::after_switch after) noexcept;
// Called on a goroutine's stack whose function has returned: returns when the stack goes on as another goroutine, else
// never.
void finish(goroutine& self) noexcept;
// Where a goroutine goes on whose stack goexit has unwound.
using goroutine_entry_function = void (*)(platform::after_switch);
goroutine_entry_function goexit_entry() noexcept;
// Home: runs `r` (and what follows directly) until somebody comes home.
void enter_from_home(worker& w, runnable r) noexcept;

// next.cpp -------------------------------------------------------------------------------------------------------
// The next runnable of the worker's own processor, or nothing: then the worker must go home.
runnable next_local(worker& w) noexcept;

// find_work.cpp --------------------------------------------------------------------------------------------------
// The life of a worker; returns when its thread must end with the goroutine locked to it.
void worker_loop(worker& w) noexcept;

// idle_lists.cpp, idle_sleep.cpp, idle_wake.cpp (idle.hpp) --------------------------------------------------
// To be called after making work available to all: wakes or starts a worker if a processor is idle and nobody searches.
void wake_for_work() noexcept;
// By who is inside and has just queued work on `p`, its processor (or null): may it leave out wake_for_work()? There is
// no other processor, so none is idle. It is the submitter's half of a store-load pair with the light fence; the other
// half is in set_processor_limit.
inline bool is_only_processor(const processor* p) noexcept {
  platform::light_fence();
  return p != nullptr && sched.processor_limit.load(base::memory_order_relaxed) == 1 &&
         !p->surplus.load(base::memory_order_relaxed);
}
// Lists `w` as idle, with the processor `give_up` that it held (or null), and sleeps until it holds one again.
void park_idle(worker& w, processor* give_up) noexcept;
// Passes on a processor the caller held: to another worker if there is work for it, else to the idle list.
void hand_off_processor(processor& p) noexcept;
// The system has refused the thread of a worker for `p`; spinning: which was counted as searching.
void do_without_thread(processor& p, bool spinning) noexcept;
// Takes an idle processor for the calling worker, the one it held last if that is idle. False when there is none.
bool take_idle_processor(worker& w) noexcept;
// Lock held: puts a processor nobody holds into the idle list; marks it as beyond the limit or within it.
void return_processor(processor& p) noexcept;
void set_surplus(processor& p, bool surplus) noexcept;
void attach(worker& w, processor& p) noexcept;
// Gives `p` to the sleeping worker `w` whose locked goroutine is to run.
void wake_locked(worker& w, processor& p, runnable r) noexcept;
void park_locked(worker& w) noexcept;
// Tells whoever sleeps until the next timer that one at `when` was started.
void announce_timer(base::nanoseconds when) noexcept;
// Is a goroutine queued anywhere?
bool work_anywhere() noexcept;
// After the main goroutine has left by goexit: fatal when no goroutine lives, and neither a timer nor the network may
// start one.
void fail_if_nothing_is_left() noexcept;
// Lock held: does an idle worker sleep until the earliest timer, or an event, if there can be one?
bool time_is_kept() noexcept;
// Ends workers that were idle since the last call, all but the timekeeper and one for each processor. True while there
// are more that may have to go.
bool retire_idle_workers() noexcept;
// Lock held, and there is one: it looks at everything anew before it sleeps on.
void wake_timekeeper() noexcept;
// The monitor's part: a processor may be idle with nobody to keep the time for so long, when the timekeeper has left
// for an event.
inline constexpr base::nanoseconds longest_unattended = 1'000'000;
void replace_timekeeper() noexcept;
// Is a timer due before the monitor would see that?
bool timer_is_near() noexcept;
// Gives back what idle processors keep for reuse.
void clear_idle_caches() noexcept;

// yield.cpp ------------------------------------------------------------------------------------------------------
// Makes the goroutine that `w` runs yield at its next preemption point, and `w` come home when it may not go on.
void ask_to_yield(worker& w) noexcept;
// `w` follows the request, if there is one.
void follow_request_to_yield(worker& w) noexcept;
// To be called before looking for open requests; when there are any, ask_to_yield() is to be called again.
void take_back_preemption() noexcept;

// Queues -----------------------------------------------------------------------------------------------------------
void push_global(runnable r) noexcept;
void push_global(runnable_list& list) noexcept;
runnable pop_global(processor& p, bool batch) noexcept;
void push_local_back(processor& p, runnable r) noexcept;
void push_local_next(processor& p, runnable r) noexcept;
void push_local_fresh(processor& p, launch& l) noexcept;
// Makes a goroutine runnable from anywhere.
void make_runnable(runnable r) noexcept;

// sysmon.cpp -------------------------------------------------------------------------------------------------------
void start_sysmon() noexcept;
bool sysmon_watches() noexcept;  // false: the system would not start it
// Has it prepare stacks ahead (stack.hpp), if fewer processors are in use than there are CPUs.
void ask_for_stacks() noexcept;

// deadlock.cpp -----------------------------------------------------------------------------------------------------
// By the monitor, when all processors are idle: does not return when nobody can wake anybody any more. Else says when
// to look again.
base::nanoseconds look_for_deadlock(base::nanoseconds now) noexcept;
base::nanoseconds earliest_timer() noexcept;  // idle_sleep.cpp

// sysmon_sleep.cpp -------------------------------------------------------------------------------------------------
// Makes the monitor look around now. Async-signal-safe.
void rouse_sysmon() noexcept;
// A processor was taken. Lock held.
void wake_sysmon_if_asleep() noexcept;

inline bool stopping() noexcept { return sched.stop_reason.load(base::memory_order_relaxed) != scheduler::running; }
// The same, and for good.
inline bool ending() noexcept {
  const std::uint32_t reason = sched.stop_reason.load(base::memory_order_relaxed);
  return reason == scheduler::exiting || reason == scheduler::forked;
}

}  // namespace goro::sched
