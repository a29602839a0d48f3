// All goroutines are asleep: nobody in the process can wake anybody.
//
// The monitor looks for it whenever it finds all processors idle. It is a deadlock when somebody waits, and
//   - no goroutine runs or is queued, and no worker is on its way: all of them rest (pause.hpp)
//   - no timer is pending, nobody waits for the network, and nothing is expected from outside (outside.hpp)
//   - every other thread of the process waits in goro without an end. The kernel knows how many threads there are;
//     those that are accounted for are the monitor, the workers that rest, and the threads that have counted themselves
//     as stopped.
// A thread that is not accounted for may do anything, so nothing is reported while there is one: it may never have
// called goro. When it ends nobody is told; so the monitor looks again from time to time while there are such threads.
//
// Why the count is not wrong. The number of stopped threads carries a version that every change advances. It is read
// before and after the threads are counted; if nothing has changed, then at the moment of counting no waker had got as
// far as counting its thread out. Suppose some thread that counts as stopped had been woken by then. Its waker had not
// counted it out yet, so that waker was alive, ran, and was itself not accounted for: then there were more threads than
// accounted for. The scheduler's lock keeps workers at rest. A thread counts itself only when its word says already
// that a waker must count it out (thread_parker.hpp): one that was woken before would stand in the sum, with nobody to
// take it out but itself, for as long as the system does not let it run.
#include "base/check.hpp"
#include "goro/detail/config.hpp"
#include "platform/os.hpp"
#include "sched/inspect.hpp"
#include "sched/io_source.hpp"
#include "sched/outside.hpp"
#include "sched/pause.hpp"
#include "sched/polling.hpp"
#include "sched/scheduler.hpp"

namespace goro::sched {
namespace {

constexpr base::nanoseconds first_interval = 20'000'000;
constexpr base::nanoseconds longest_interval = 2'000'000'000;

constexpr std::uint64_t version_one = std::uint64_t{1} << 32;
constexpr std::uint32_t count_of(std::uint64_t word) noexcept { return static_cast<std::uint32_t>(word); }

constinit base::atomic<std::uint64_t> stopped_threads{0};  // the count below, its version above
constinit base::atomic<std::uint32_t> outside_sources{0};
constinit base::atomic<std::uint32_t> service_threads{1};  // the monitor
constinit base::atomic<bool> found{false};

// ThreadSanitizer has a thread of its own, from the first thread the program starts on.
constexpr std::size_t threads_of_sanitizer = GORO_WITH_TSAN != 0 ? 1 : 0;

// Lock held.
std::size_t workers_at_rest() noexcept {
  std::size_t n = 0;
  for (worker* w = sched.workers.load(base::memory_order_acquire); w != nullptr;
       w = w->next_made) {  // sync: worker-made
    const bool has_thread = w->thread_id.load(base::memory_order_relaxed) != 0;
    n += has_thread && w->resting.load(base::memory_order_seq_cst) ? 1 : 0;
  }
  return n;
}

// Lock held.
bool nothing_runs() noexcept {
  return sched.stop_reason.load(base::memory_order_relaxed) == scheduler::running &&
         sched.idle_processors.load(base::memory_order_relaxed) ==
             sched.processor_limit.load(base::memory_order_relaxed) &&
         sched.spinning.load(base::memory_order_seq_cst) == 0 && sched.hogs.load(base::memory_order_relaxed) == 0 &&
         !work_anywhere();
}

bool may_be_one() noexcept {
  return outside_sources.load(base::memory_order_seq_cst) == 0 && earliest_timer() == base::never &&
         (count_goroutines() != 0 || count_of(stopped_threads.load(base::memory_order_relaxed)) != 0);
}

bool all_threads_are_stopped() noexcept {
  const base::lock_guard hold(sched.lock);
  if (!nothing_runs() || !may_be_one()) {
    return false;
  }
  const std::size_t own = workers_at_rest() + service_threads.load(base::memory_order_relaxed) + threads_of_sanitizer;
  const std::uint64_t stopped = stopped_threads.load(base::memory_order_seq_cst);
  const std::size_t threads = platform::thread_count();
  return threads == own + count_of(stopped) && stopped_threads.load(base::memory_order_seq_cst) == stopped &&
         may_be_one() && !(poller_used() && somebody_waits_for_io());
}

}  // namespace

base::nanoseconds look_for_deadlock(base::nanoseconds now) noexcept {
  static base::nanoseconds interval = first_interval;  // the monitor's
  static std::uint64_t seen_before = 0;
  if (!may_be_one()) {
    interval = first_interval;
    return base::never;
  }
  if (all_threads_are_stopped()) {
    found.store(true, base::memory_order_relaxed);
    base::fatal_error("all goroutines are asleep - deadlock!");
  }
  const std::uint64_t stopped = stopped_threads.load(base::memory_order_relaxed);
  interval = stopped != seen_before            ? first_interval
             : interval * 2 < longest_interval ? interval * 2
                                               : longest_interval;
  seen_before = stopped;
  return now + interval;
}

bool all_are_asleep() noexcept { return found.load(base::memory_order_relaxed); }

void expect_from_outside() noexcept { outside_sources.fetch_add(1, base::memory_order_seq_cst); }
void expect_no_more_from_outside() noexcept { outside_sources.fetch_sub(1, base::memory_order_seq_cst); }
void note_service_thread() noexcept { service_threads.fetch_add(1, base::memory_order_relaxed); }

void note_thread_stops() noexcept {
  stopped_threads.fetch_add(version_one + 1, base::memory_order_seq_cst);
  if (sched.idle_processors.load(base::memory_order_relaxed) ==
          sched.processor_limit.load(base::memory_order_relaxed) &&
      may_be_one()) {
    rouse_sysmon();  // it may sleep for long
  }
}
void note_thread_goes_on() noexcept { stopped_threads.fetch_add(version_one - 1, base::memory_order_seq_cst); }

}  // namespace goro::sched
