// sched/idle.hpp, find_work.cpp and exit.cpp: whatever is submitted is run, and whatever timer is started fires, while
// workers fall asleep, take each other's place as timekeeper, and end; and nothing runs after the end of the process. A
// lost wakeup shows itself as an execution that ends with work left.
#include <algorithm>
#include <array>
#include <utility>

#include "base/settings.hpp"
#include "platform/asymmetric_fence.hpp"
#include "platform/os.hpp"
#include "platform/race_options.hpp"
#include "poll/poller.hpp"
#include "sched/handoff.hpp"
#include "sched/inside.hpp"
#include "sched/io_source.hpp"
#include "sched/polling.hpp"
#include "sched/scheduler.hpp"
#include "support.hpp"

namespace goro::sched {
namespace {

constexpr unsigned most_workers = 4;

struct house {
  std::array<std::unique_ptr<processor>, 2> processors;
  std::array<std::unique_ptr<worker>, most_workers> workers;
  std::array<launch, 4> records;
  std::array<model::data<int>, 4> written;
  std::array<int, 4> runs{};
  int fired = 0;
  base::futex_word spare_begins{0};
  worker* spare = nullptr;
  base::futex_word poller_word{0};  // what poller::wait sleeps on
  model::data<int> destroyed[2];    // what goroutines use, and the end of the process takes away
  int delivered = 0;
  base::nanoseconds announced = 0;  // when the start of a timer was last over; never: one is being started

  explicit house(unsigned processor_count) {
    std::destroy_at(&sched);
    std::construct_at(&sched);
    for (unsigned i = 0; i < processor_count; ++i) {
      processors[i] = std::make_unique<processor>(i);
      sched.processors[i].store(processors[i].get(), base::memory_order_relaxed);
    }
    sched.processors_made.store(processor_count, base::memory_order_relaxed);
    sched.processor_limit.store(processor_count, base::memory_order_relaxed);
    for (unsigned i = processor_count; i > 0; --i) {
      return_processor(*processors[i - 1]);
    }
  }

  // From one to two, as set_processor_limit() does.
  void raise_limit() {
    const base::lock_guard hold(sched.lock);
    if (sched.processor_limit.exchange(2, base::memory_order_relaxed) == 1) {
      static_cast<void>(platform::heavy_fence());
    }
    processors[1] = std::make_unique<processor>(1U);
    sched.processors[1].store(processors[1].get(), base::memory_order_relaxed);
    sched.processors_made.store(2, base::memory_order_release);
    return_processor(*processors[1]);
  }

  void start_timer(unsigned i, base::nanoseconds when) {
    timer_queue& q = processors[i]->timers;
    announced = base::never;
    {
      const base::lock_guard hold(q.lock);
      q.earliest.store(when, base::memory_order_relaxed);
    }
    announce_timer(when);
    announced = base::now_ns();
  }

  static constexpr std::uint32_t bell = 1;
  static constexpr std::uint32_t an_event = 2;
  void tell_poller(std::uint32_t what) {
    poller_word.fetch_or(what, base::memory_order_acq_rel);
    base::futex_wake(poller_word);
  }
  bool take_event() { return (poller_word.fetch_and(~an_event, base::memory_order_acq_rel) & an_event) != 0; }

  void submit(unsigned i) {
    written[i].set(1);
    push_global(runnable::fresh(records[i]));
    wake_for_work();
  }
};
house* present = nullptr;
std::array<worker*, model::most_threads> workers_of_threads{};

// A worker that begins without a processor, or with one.
void live(house& h, unsigned i) {
  worker& w = *h.workers[i];
  workers_of_threads[model::this_thread()] = &w;
  worker_loop(w);
}

worker& make_worker(house& h, unsigned i) {
  h.workers[i] = std::make_unique<worker>();
  sched.worker_count.fetch_add(1, base::memory_order_relaxed);
  return *h.workers[i];
}

// A thread for start_worker.
void add_spare(model::scene& s, const std::shared_ptr<house>& h, unsigned i) {
  h->workers[i] = std::make_unique<worker>();
  h->spare = h->workers[i].get();
  s.background_thread("spare", [h, i] {
    while (h->spare_begins.load(base::memory_order_acquire) == 0) {
      base::futex_wait(h->spare_begins, 0);
    }
    live(*h, i);
  });
}

std::shared_ptr<house> build(model::scene& s, unsigned processor_count, unsigned worker_count) {
  auto h = std::make_shared<house>(processor_count);
  present = h.get();
  workers_of_threads = {};
  static constexpr std::array<const char*, most_workers> names{"worker 0", "worker 1", "worker 2", "worker 3"};
  for (unsigned i = 0; i < worker_count; ++i) {
    worker& w = make_worker(*h, i);
    if (i < processor_count) {
      take_idle_processor(w);
    }
    s.background_thread(names[i], [h, i] { live(*h, i); });
  }
  return h;
}

}  // namespace

// The rest of the runtime, as far as these sources ask for it.
constinit scheduler sched;
}  // namespace goro::sched
constinit goro::detail::atomic<std::uint32_t> goro::detail::preemption_wanted{0};
namespace goro::sched {
worker* this_worker() noexcept { return workers_of_threads[model::this_thread()]; }
void ask_to_yield(worker& w) noexcept { w.preempt_requested.store(true, base::memory_order_relaxed); }
void start_worker(processor& with, bool spinning) noexcept {
  worker* w = std::exchange(present->spare, nullptr);
  model::expect(w != nullptr, "a worker was to be started though there are as many as processors");
  attach(*w, with);
  w->spinning = spinning;
  sched.worker_count.fetch_add(1, base::memory_order_relaxed);
  present->spare_begins.store(1, base::memory_order_release);
  base::futex_wake(present->spare_begins);
}
void wake_sysmon_if_asleep() noexcept {}
std::size_t count_goroutines() noexcept { return 1; }
runnable next_local(worker& w) noexcept { return w.held->queue.pop_front(); }
void enter_from_home(worker&, runnable r) noexcept {
  const auto i = static_cast<std::size_t>(&r.as_launch() - present->records.data());
  model::expect(present->written[i].get() == 1, "run before it was written");
  for (const model::data<int>& destroyed : present->destroyed) {
    model::expect(destroyed.get() == 0, "run after the end");
  }
  ++present->runs[i];
}
unsigned run_due_timers(timer_queue& q, base::nanoseconds now) noexcept {
  const base::lock_guard hold(q.lock);
  const base::nanoseconds earliest = q.earliest.load(base::memory_order_relaxed);
  if (earliest > now) {
    return 0;
  }
  constexpr base::nanoseconds late = 50'000'000;  // more than the model delays anybody
  model::expect(now - std::max(earliest, present->announced) < late, "a timer fires late");
  q.earliest.store(base::never, base::memory_order_relaxed);
  ++present->fired;
  return 0;
}
void launch_cache::clear() noexcept {}
poll::poller& the_poller() noexcept {
  static poll::poller only;
  return only;
}
unsigned deliver(std::span<const poll::event> events) noexcept {
  model::expect(this_worker()->parked_as == worker::parking::none,
                "a worker delivers as one while it is listed as idle");
  present->delivered += static_cast<int>(events.size());
  return 0;
}
unsigned deliver_without_processor(worker&, std::span<const poll::event> events) noexcept {
  present->delivered += static_cast<int>(events.size());
  return 0;
}
bool somebody_waits_for_io() noexcept { return sched.poller_used.load(base::memory_order_relaxed); }
unsigned poll_now() noexcept {
  if (present->take_event()) {
    ++present->delivered;
  }
  return 0;
}
}  // namespace goro::sched
namespace goro::stack {
void stack_cache::clear() noexcept {}
std::byte* slot::limit() const noexcept { return nullptr; }
}  // namespace goro::stack

// The system's poller: a bell and one descriptor.
namespace goro::poll {
std::size_t poller::wait(std::span<event>, base::nanoseconds deadline) noexcept {
  sched::house& h = *sched::present;
  if (h.poller_word.load(base::memory_order_acquire) == 0) {
    base::futex_wait(h.poller_word, 0, deadline);
  }
  const std::uint32_t seen = h.poller_word.exchange(0, base::memory_order_acq_rel);
  return (seen & sched::house::an_event) != 0 ? 1 : 0;
}
void poller::wake() noexcept { sched::present->tell_poller(sched::house::bell); }
}  // namespace goro::poll

namespace goro::base {
std::optional<std::string_view> debug_setting(std::string_view) noexcept { return {}; }
void let_report_finish() noexcept {}
void forget_report() noexcept {}
}  // namespace goro::base

namespace goro::platform {
void want_time_slice(int, std::int64_t) noexcept {}
base::nanoseconds cpu_time_of(int) noexcept { return 0; }
std::uint64_t kernel_wait_of(int) noexcept { return 0; }
void yield_thread() noexcept { model::pause(); }
thread_activity activity_of(int) noexcept { return {.cpu_time = 1, .wants_to_run = true}; }
bool inside_exit() noexcept { return false; }
bool is_main_thread() noexcept { return false; }
void on_fork_child(void (*)()) noexcept {}
const race_options& race_options_of_process() noexcept {
  static constexpr race_options none;
  return none;
}
}  // namespace goro::platform

namespace goro::sched {
namespace {

template <unsigned n>
void expect_all_ran(const house& h) {
  for (unsigned i = 0; i < n; ++i) {
    model::expect(h.runs[i] != 0, "work is left, and nobody looks for it");
    model::expect(h.runs[i] == 1, "work was done twice");
  }
}

// The last worker falls asleep while something is submitted.
void submit_to_the_last(model::scene& s) {
  auto h = build(s, 1, 1);
  s.thread("submitter", [h] { h->submit(0); });
  s.at_end([h] { expect_all_ran<1>(*h); });
}

// The same by a goroutine that goes on computing: its work lies in its own processor's queue, and no lock is taken on
// the way.
void spawn_while_the_other_falls_asleep(model::scene& s) {
  auto h = build(s, 2, 1);
  worker& spawner = make_worker(*h, 1);
  take_idle_processor(spawner);
  s.thread("spawner", [h, &spawner] {
    h->written[0].set(1);
    push_local_back(*spawner.held, runnable::fresh(h->records[0]));
    wake_for_work();
  });
  s.at_end([h] { expect_all_ran<1>(*h); });
}

// A goroutine makes another one ready and goes on computing, where there is one processor as yet: it is not asked
// whether one is idle, and no fence stands on the way (is_only_processor). Somebody makes it two meanwhile, as
// set_processor_limit() does.
void spawn_while_the_limit_is_raised(model::scene& s) {
  auto h = build(s, 1, 0);
  add_spare(s, h, 1);
  worker& spawner = make_worker(*h, 0);
  take_idle_processor(spawner);
  s.thread("spawner", [h, &spawner] {
    h->written[0].set(1);
    workers_of_threads[model::this_thread()] = &spawner;
    make_runnable(runnable::fresh(h->records[0]));
  });
  s.thread("raising", [h] {
    h->raise_limit();
    wake_for_work();
  });
  s.at_end([h] { expect_all_ran<1>(*h); });
}

void submit_twice_to_two(model::scene& s) {
  auto h = build(s, 2, 2);
  s.thread("submitter", [h] { h->submit(0); });
  s.thread("submitter 2", [h] { h->submit(1); });
  s.at_end([h] { expect_all_ran<2>(*h); });
}

void start_timer_while_falling_asleep(model::scene& s) {
  auto h = build(s, 1, 1);
  s.thread("starter", [h] { h->start_timer(0, base::now_ns() + 1'000'000'000); });
  s.at_end([h] { model::expect(h->fired == 1, "a timer is forgotten"); });
}

// Workers beyond the number of processors end while something is submitted, and one of them may have been told of a
// timer.
void retire_while_submitting(model::scene& s) {
  auto h = build(s, 1, 3);
  s.thread("monitor", [] {
    retire_idle_workers();  // these have been idle since
    retire_idle_workers();
  });
  s.thread("submitter", [h] { h->submit(0); });
  s.at_end([h] { expect_all_ran<1>(*h); });
}

// Until the others have nothing left to do, or any time before: on its way to sleep a worker pauses so often that a
// thread which merely may be preempted would always have ended before.
void let_the_others_fall_asleep() {
  base::futex_word nobody_wakes{0};
  base::futex_wait(nobody_wakes, 0, base::now_ns() + 1'000'000);
}

// The timekeeper sleeps until a later one.
void start_timer_that_comes_first(model::scene& s) {
  auto h = build(s, 2, 1);
  add_spare(s, h, 1);
  h->processors[0]->timers.earliest.store(base::now_ns() + 1'000'000'000, base::memory_order_relaxed);
  s.thread("starter", [h] {
    let_the_others_fall_asleep();
    h->start_timer(1, base::now_ns() + 10);
  });
  s.at_end([h] { model::expect(h->fired == 2, "a timer is forgotten"); });
}

// The timekeeper's timer fires, and it works out the next deadline, while another timer is started.
void start_timer_while_the_time_passes(model::scene& s) {
  auto h = build(s, 2, 1);
  add_spare(s, h, 1);
  h->processors[0]->timers.earliest.store(base::now_ns() + 10, base::memory_order_relaxed);
  s.thread("starter", [h] { h->start_timer(1, base::now_ns() + 20); });
  s.at_end([h] { model::expect(h->fired == 2, "a timer is forgotten"); });
}

// A descriptor becomes ready while the last worker falls asleep.
void event_while_falling_asleep(model::scene& s) {
  auto h = build(s, 1, 1);
  sched.poller_used.store(true, base::memory_order_relaxed);
  s.thread("device", [h] { h->tell_poller(house::an_event); });
  s.at_end([h] { model::expect(h->delivered == 1, "an event is left lying"); });
}

void submit_to_one_in_the_poller(model::scene& s) {
  auto h = build(s, 1, 1);
  sched.poller_used.store(true, base::memory_order_relaxed);
  s.thread("submitter", [h] { h->submit(0); });
  s.at_end([h] { expect_all_ran<1>(*h); });
}

// The seat in the poller changes hands: a worker without a processor, woken for an event, leaves it to the other one.
void events_and_work_for_two(model::scene& s) {
  auto h = build(s, 1, 2);
  sched.poller_used.store(true, base::memory_order_relaxed);
  s.thread("device", [h] {
    h->tell_poller(house::an_event);
    model::pause();
    h->tell_poller(house::an_event);  // maybe before anybody has seen the first
  });
  s.thread("submitter", [h] { h->submit(0); });
  s.at_end([h] {
    expect_all_ran<1>(*h);
    model::expect(h->delivered != 0 && !h->take_event(), "an event is left lying");
  });
}

// The same with a processor for each. One that is woken out of the poller, for the work, may be so late that the other
// has done it and fallen asleep meanwhile: as timekeeper, but without the seat.
void events_after_work_for_two(model::scene& s) {
  auto h = build(s, 2, 2);
  sched.poller_used.store(true, base::memory_order_relaxed);
  s.thread("submitter", [h] {
    let_the_others_fall_asleep();
    h->submit(0);
    h->submit(1);
    let_the_others_fall_asleep();
    h->tell_poller(house::an_event);
  });
  s.at_end([h] {
    expect_all_ran<2>(*h);
    model::expect(h->delivered != 0 && !h->take_event(), "an event is left lying");
  });
}

// The process ends while something is submitted: it is run before the end, or never; and the end is not waited for in
// vain. Who ends it at the same time may rely on the same.
template <unsigned processors, unsigned ends>
void end_beside_submit(model::scene& s) {
  auto h = build(s, processors, processors);
  for (unsigned i = 0; i < ends; ++i) {
    s.thread("end", [h, i] {
      stop_all_workers();
      h->destroyed[i].set(1);
    });
  }
  s.thread("submitter", [h] { h->submit(0); });
  s.at_end([h] { model::expect(h->runs[0] <= 1, "work was done twice"); });
}

constexpr const char* fences = "the fences make the pair (head of idle.hpp)";
constexpr const char* locked = "what it brings is read under the scheduler's lock";
constexpr const char* not_here = "nobody looks at it here";

TEST(Model, SubmitAndPark) {
  model::verify_orders("submit and park (sched/idle.hpp)",
                       {"idle.hpp", "idle_lists.cpp", "idle_sleep.cpp", "idle_wake.cpp", "find_work.cpp"},
                       {submit_to_the_last, spawn_while_the_other_falls_asleep}, {.stale_reads = 3, .spurious = 0},
                       {{"find_work.cpp", "sched.spinning", fences},
                        {"idle_sleep.cpp", "sched.spinning", fences},
                        {"idle_wake.cpp", "sched.spinning", fences},
                        {"idle_lists.cpp", "sched.idle_processors.store", fences},
                        {"find_work.cpp", "processors_made", not_here},
                        {"idle_sleep.cpp", "processors_made", not_here},
                        {"idle_lists.cpp", "p.owner.store", not_here},
                        {"idle.hpp", "wake_word", locked},
                        {"idle_sleep.cpp", "wake_word", locked},
                        {"idle_sleep.cpp", "now read the timers", "see the next"}});
}

TEST(Model, LimitIsRaised) {
  model::verify_orders(
      "queue without a fence, raise the limit (is_only_processor, sched/runtime.cpp)", {"idle_model.cpp"},
      {spawn_while_the_limit_is_raised}, {.stale_reads = 1, .spurious = 0},
      {{"idle_model.cpp", "processors_made.store", "the lock under which a processor is listed orders it"},
       {"idle_model.cpp", "spare_begins", "the start of a thread"}});
  model::try_at_random("the same at random", spawn_while_the_limit_is_raised, 10'000,
                       {.preemptions = 20, .stale_reads = 10, .spurious = 2});
  // Until the new worker has searched in vain and sleeps: who merely is preempted goes on when it first pauses.
  model::verify_orders("the same, one thread stays away for long", {}, {spawn_while_the_limit_is_raised},
                       {.preemptions = 1, .absences = 1, .stale_reads = 0, .spurious = 0});
}

TEST(Model, Timekeeper) {
  model::verify_orders(
      "timekeeper (sched/idle.hpp)", {"idle.hpp", "idle_lists.cpp", "idle_sleep.cpp", "idle_wake.cpp"},
      {start_timer_while_falling_asleep, start_timer_while_the_time_passes, start_timer_that_comes_first},
      {.preemptions = 1, .stale_reads = 4},
      {{"idle_sleep.cpp", "sched.spinning", fences},
       {"idle_wake.cpp", "sched.spinning", fences},
       {"idle_lists.cpp", "sched.idle_processors.store", fences},
       {"idle_sleep.cpp", "processors_made", not_here},
       {"idle_lists.cpp", "p.owner.store", not_here},
       {"idle.hpp", "wake_word", locked},
       {"idle_sleep.cpp", "wake_word", locked},
       {"idle_sleep.cpp", "// submit / park protocol", "see the former"},
       {"idle_wake.cpp", "// submit / park protocol", "see the former"},
       {"idle_sleep.cpp", "now read the timers",
        "here the fence of park_idle does it; needed by one who loses the time for want of a processor, and "
        "gets it back"}});
}

TEST(Model, Poller) {
  model::verify_orders("sleep in the poller (sched/idle.hpp, polling.hpp)", {},
                       {event_while_falling_asleep, submit_to_one_in_the_poller}, {.stale_reads = 1});
}

TEST(Model, SeatInThePoller) {
  model::try_at_random("events and work for two (sched/idle.hpp, polling.hpp)", events_and_work_for_two, 4000,
                       {.preemptions = 20, .stale_reads = 10, .spurious = 2});
  model::try_at_random("events after work for two (sched/idle.hpp, polling.hpp)", events_after_work_for_two, 4000,
                       {.preemptions = 20, .stale_reads = 10, .spurious = 2});
}

TEST(Model, Shutdown) {
  model::verify_orders("end of the process (sched/exit.cpp)", {"exit.cpp"},
                       {end_beside_submit<1, 1>, end_beside_submit<1, 2>},
                       {.preemptions = 1, .stale_reads = 1, .spurious = 0},
                       {{"exit.cpp", "processors_made", not_here},
                        {"exit.cpp", "sched.workers.load", not_here},
                        {"exit.cpp", "exit_hook", not_here},
                        {"exit.cpp", "stop_reason.compare_exchange", "the lock that is taken next makes the pair"}});
  model::try_at_random("end of the process, two workers (sched/exit.cpp)", end_beside_submit<2, 1>, 4000,
                       {.preemptions = 20, .stale_reads = 10, .spurious = 2});
}

TEST(Model, ManySubmitters) {
  model::try_at_random("two submitters, two workers (sched/idle.hpp)", submit_twice_to_two, 4000,
                       {.preemptions = 20, .stale_reads = 10, .spurious = 2});
}

TEST(Model, Retirement) {
  model::try_at_random("retirement of idle workers (sched/idle.hpp)", retire_while_submitting, 4000,
                       {.preemptions = 20, .stale_reads = 10, .spurious = 2});
}

}  // namespace
}  // namespace goro::sched
