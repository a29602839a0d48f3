// sched/timers.cpp and alarm.cpp: exactly one of a stop and a firing wins, a wait ends once, and once a timer is
// stopped nobody touches it.
#include <array>

#include "sched/agent.hpp"
#include "sched/alarm.hpp"
#include "sched/bubble.hpp"
#include "sched/scheduler.hpp"
#include "support.hpp"

namespace goro::sched {

// The rest of the runtime, as far as these sources ask for it.
constinit scheduler sched;
void ensure_started() noexcept {}
const void* current_agent() noexcept { return nullptr; }
bubble* bubble::of_caller() noexcept { return nullptr; }
void announce_timer(base::nanoseconds) noexcept {}  // its protocol is the timekeeper's: idle_model.cpp
void launch_cache::clear() noexcept {}
}  // namespace goro::sched
namespace goro::stack {
void stack_cache::clear() noexcept {}
}  // namespace goro::stack

namespace goro::sched {
namespace {

// One processor, whose agenda the timers stand in. What they say is in the future when the scenario begins: a worker
// looks "later".
struct house {
  processor first{0};

  house() {
    std::destroy_at(&sched);
    std::construct_at(&sched);
    sched.processors[0].store(&first, base::memory_order_relaxed);
    sched.processors_made.store(1, base::memory_order_relaxed);
    sched.processor_limit.store(1, base::memory_order_relaxed);
  }
  timer_queue& queue() { return first.timers; }
};

constexpr base::nanoseconds soon = 5'000;
constexpr base::nanoseconds later = 9'000;

// Counts its rings as owners do: under a lock of its own, and only those that nothing has overtaken.
struct bell {
  alarm a{functions};
  base::lock own{base::lock_rank::channel};
  int rings = 0;      // guarded by own
  bool gone = false;  // guarded by the agenda's lock

  template <class F>
  auto locked(F f) {
    const base::lock_guard hold(own);
    return f();
  }

 private:
  static bell& of(alarm& a) noexcept { return reinterpret_cast<bell&>(a); }  // its first member
  static bool claim(alarm& a) noexcept { return !of(a).gone; }
  static void ring(alarm& a, std::uint32_t due, base::nanoseconds) noexcept {
    bell& b = of(a);
    const base::lock_guard hold(b.own);
    if (a.generation() == due) {
      ++b.rings;
    }
  }
  static constexpr alarm_functions functions{&claim, &ring};
};

struct ringing : house {
  bell b;
  explicit ringing(base::nanoseconds period = 0) { b.a.start(soon, period); }
};

// Two workers find the same alarm due.
void rings_once(model::scene& s) {
  auto h = std::make_shared<ringing>();
  for (const char* name : {"worker", "worker 2"}) {
    s.thread(name, [h] { run_due_timers(h->queue(), later); });
  }
  s.at_end([h] { model::expect(h->b.rings == 1, "rings once"); });
}

void stop_beside_ring(model::scene& s) {
  auto h = std::make_shared<ringing>();
  auto rings = std::make_shared<int>(0);
  s.thread("worker", [h] { run_due_timers(h->queue(), later); });
  s.thread("owner", [h, rings] {
    h->b.locked([&] {
      const alarm_state before = h->b.a.stop();
      *rings = h->b.rings;
      model::expect(before == alarm_state::rung || *rings == 0, "stopped and rung");
      model::expect(before != alarm_state::resting, "it was to ring");
    });
  });
  s.at_end([h, rings] {
    run_due_timers(h->queue(), later);
    model::expect(h->b.rings == *rings, "stopped is stopped: a ring that was under way is overtaken");
  });
}

// The same without the owner's lock.
void stop_if_pending_beside_ring(model::scene& s) {
  auto h = std::make_shared<ringing>();
  auto stopped = std::make_shared<bool>(false);
  s.thread("worker", [h] { run_due_timers(h->queue(), later); });
  s.thread("owner", [h, stopped] { *stopped = h->b.a.stop_if_pending(); });
  s.at_end([h, stopped] {
    run_due_timers(h->queue(), later);
    model::expect(h->b.rings == (*stopped ? 0 : 1), "exactly one of a stop and a firing wins");
  });
}

// Started anew while it is due: it rings for the new start, and for the old one only if that came first.
void restart_beside_ring(model::scene& s) {
  auto h = std::make_shared<ringing>();
  auto before = std::make_shared<alarm_state>();
  s.thread("worker", [h] { run_due_timers(h->queue(), later); });
  s.thread("owner", [h, before] { *before = h->b.locked([&] { return h->b.a.start(later + 1); }); });
  s.at_end([h, before] {
    const int first = h->b.rings;
    model::expect(first == 0 || *before == alarm_state::rung, "rings before its time");
    model::expect(h->queue().earliest.load(base::memory_order_relaxed) <= later + 1, "somebody will look in time");
    run_due_timers(h->queue(), later + 1);
    model::expect(h->b.rings == first + 1, "rings for the new start");
  });
}

// Whoever looks after the start finds it due, whatever stood in the agenda before.
void start_sooner(model::scene& s) {
  auto h = std::make_shared<ringing>();
  h->b.a.stop();  // or the next would be a postponement, for which somebody looks too early
  h->b.a.start(later + 1);
  s.thread("worker", [h] { run_due_timers(h->queue(), later); });
  s.thread("owner", [h] { h->b.locked([&] { h->b.a.start(soon); }); });
  s.at_end([h] {
    run_due_timers(h->queue(), later);
    model::expect(h->b.rings == 1, "rings for the new start");
  });
}

void move_beside_ring(model::scene& s) {
  auto h = std::make_shared<ringing>();
  auto moved = std::make_shared<bool>(false);
  s.thread("worker", [h] { run_due_timers(h->queue(), later); });
  s.thread("owner", [h, moved] { *moved = h->b.a.move_if_pending(later + 1); });
  s.at_end([h, moved] {
    model::expect(h->b.rings == (*moved ? 0 : 1), "exactly one of a move and a firing wins");
    run_due_timers(h->queue(), later + 1);
    model::expect(h->b.rings == 1, "rings once");
  });
}

// The end of an alarm that claim() refuses: when end() has returned, nobody rings it.
void end_beside_ring(model::scene& s) {
  auto h = std::make_shared<ringing>();
  s.thread("worker", [h] { run_due_timers(h->queue(), later); });
  s.thread("owner", [h] {
    {
      const base::lock_guard hold(h->queue().lock);
      h->b.gone = true;
    }
    const int rings = h->b.locked([&] { return h->b.rings; });
    h->b.a.end();
    run_due_timers(h->queue(), later);
    model::expect(h->b.locked([&] { return h->b.rings; }) <= rings + 1, "at most what was under way");
    model::expect(h->queue().agenda.size() == 0, "it stands in no agenda");
  });
}

// A periodic alarm that two workers find due one after the other: none of its rings takes effect after a later one, or
// after a stop.
void periodic(model::scene& s) {
  auto h = std::make_shared<ringing>(soon);
  s.thread("worker", [h] { run_due_timers(h->queue(), soon); });
  s.thread("worker 2", [h] { run_due_timers(h->queue(), 2 * soon); });
  s.thread("owner", [h] {
    h->b.locked([&] { return h->b.a.stop(); });
    const int rings = h->b.locked([&] { return h->b.rings; });
    run_due_timers(h->queue(), 8 * soon);
    model::expect(h->b.locked([&] { return h->b.rings; }) == rings, "stopped is stopped");
  });
  s.at_end([h] { model::expect(h->b.rings <= 2, "once for each time that it was due"); });
}

// A wait with a deadline. Those who may end it begin when its timer stands in the agenda.
struct waiting : house {
  base::futex_word started{0};
  base::lock own{base::lock_rank::channel};
  waiter* queued = nullptr;  // guarded by own

  void wait() {
    waiter self;
    wait_timer timer;
    timer.target = &self;
    timer.outcome = too_late;
    timer.when = soon;
    timer.queue.store(&queue(), base::memory_order_relaxed);
    queued = &self;
    start_timer(timer);
    started.store(1, base::memory_order_release);
    base::futex_wake(started, 3);
    self.park(wait_reason::sleep, nullptr, nullptr);
    stop_timer(timer);
    model::expect(queue().agenda.size() == 0, "the timer is out");
    model::expect(queue().earliest.load(base::memory_order_relaxed) == base::never, "nobody need look");
    {
      const base::lock_guard hold(own);  // whoever ends it still may have it
      queued = nullptr;
    }
    waiter next;
    next.park_until(wait_reason::sleep, base::now_ns() + soon, too_late, nullptr, nullptr);
    model::expect(next.outcome() == too_late, "a wait is ended that was not meant");
  }
  void await_start() {
    while (started.load(base::memory_order_acquire) == 0) {
      base::futex_wait(started, 0);
    }
  }
  static constexpr std::uint32_t in_time = 1;
  static constexpr std::uint32_t too_late = 2;
};

void two_workers_end_a_wait(model::scene& s) {
  auto h = std::make_shared<waiting>();
  s.thread("waiter", [h] { h->wait(); });
  s.thread("worker", [h] {
    h->await_start();
    run_due_timers(h->queue(), later);
  });
  s.thread("worker 2", [h] {
    h->await_start();
    end_due_waits(h->queue(), later);
  });
}

void wait_ended_when_due(model::scene& s) {
  auto h = std::make_shared<waiting>();
  s.thread("waiter", [h] { h->wait(); });
  s.thread("waker", [h] {
    h->await_start();
    const base::lock_guard hold(h->own);
    if (h->queued != nullptr && h->queued->claim(waiting::in_time)) {
      h->queued->make_ready();
    }
  });
  s.thread("worker", [h] {
    h->await_start();
    run_due_timers(h->queue(), later);
  });
}

TEST(Model, Alarms) {
  const std::vector<model::scenario> once{rings_once,          stop_beside_ring, stop_if_pending_beside_ring,
                                          restart_beside_ring, start_sooner,     move_beside_ring,
                                          end_beside_ring};
  model::verify("alarms (sched/alarm.cpp, timers.cpp)", {}, once, {.spurious = 0});
  std::vector<model::scenario> all = once;
  all.emplace_back(periodic);
  model::verify("the same and periodic ones, one change of thread", {"alarm.cpp", "alarm.hpp", "timers.cpp"}, all,
                {.preemptions = 1, .stale_reads = 1, .spurious = 0});
}

TEST(Model, Deadlines) {
  model::verify("deadlines of waits (sched/timers.cpp)", {"timers.cpp", "timers.hpp"},
                {two_workers_end_a_wait, wait_ended_when_due}, {.stale_reads = 1, .spurious = 0},
                {{"timers.cpp", "t.queue.store", "here it is chosen before"}});
}

}  // namespace
}  // namespace goro::sched
