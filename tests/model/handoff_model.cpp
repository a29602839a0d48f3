// sched/inside.hpp and claim() of sched/handoff.cpp: a processor is used by its worker, or taken away from it, never
// both.
#include "base/settings.hpp"
#include "platform/os.hpp"
#include "sched/handoff.hpp"
#include "sched/inside.hpp"
#include "sched/pause.hpp"
#include "sched/scheduler.hpp"
#include "support.hpp"

// The rest of the runtime, as far as these sources ask for it.
namespace goro::sched {
namespace {
model::data<int>* used_by_owner = nullptr;
worker* present = nullptr;             // the first thread's
model::data<int>* decision = nullptr;  // stands for the worker's plain fields, which the monitor writes while it claims
}  // namespace
constinit scheduler sched;

void ask_to_yield(worker& w) noexcept {
  w.preempt_requested.store(true, base::memory_order_relaxed);
  if (decision != nullptr) {
    decision->set(1);
  }
}
void fail_after_fork() noexcept {
  model::fail("no fork here");
  std::abort();
}
worker* this_worker() noexcept { return model::this_thread() == 0 ? present : nullptr; }
bool work_anywhere() noexcept { return false; }
void wake_for_work() noexcept {}
bool time_is_kept() noexcept { return true; }
// Whoever gets the processor uses it.
void hand_off_processor(processor&) noexcept { used_by_owner->set(used_by_owner->get() + 1); }
}  // namespace goro::sched

namespace goro::base {
std::optional<std::string_view> debug_setting(std::string_view) noexcept { return "always"; }
}  // namespace goro::base

namespace goro::platform {
void want_time_slice(int, std::int64_t) noexcept {}
base::nanoseconds cpu_time_of(int) noexcept { return 0; }
std::uint64_t kernel_wait_of(int) noexcept { return 0; }
}  // namespace goro::platform

namespace goro::sched {
namespace {

struct one_of_each {
  processor p{0};
  worker w;
  model::data<int> used{0};
  model::data<int> decided{0};

  one_of_each() {
    used_by_owner = &used;
    decision = &decided;
    present = &w;
    std::destroy_at(&sched);
    std::construct_at(&sched);
    sched.processors[0].store(&p, base::memory_order_relaxed);
    sched.processors_made.store(1, base::memory_order_relaxed);
    w.held = &p;
    w.inside.store(true, base::memory_order_relaxed);
    p.owner.store(&w, base::memory_order_relaxed);
  }
};

void use_if_held(one_of_each& all) {
  step_inside(all.w);
  model::expect((all.decided.get() == 1) == (all.w.held == nullptr), "the worker goes on before it is decided");
  if (all.w.held != nullptr) {
    all.used.set(all.used.get() + 1);
  }
  step_outside(all.w);
}

// The goroutine computes, enters the runtime, leaves it, enters again, while the monitor looks once.
void worker_and_monitor(model::scene& s) {
  auto all = std::make_shared<one_of_each>();
  s.thread("worker", [all] {
    step_outside(all->w);
    use_if_held(*all);
    use_if_held(*all);
  });
  s.thread("monitor", [all] {
    observation seen;
    watch_time_slices(&seen, 0);
  });
  s.at_end([all] {
    const bool taken = all->w.held == nullptr;
    model::expect(all->w.hog.load(base::memory_order_relaxed) == taken, "taken and not marked, or the other way round");
    model::expect(sched.handoffs.load(base::memory_order_relaxed) == (taken ? 1U : 0U), "taken and not counted");
  });
}

// The same while somebody pauses the world: what is used inside the runtime stands still then.
void worker_and_pause(model::scene& s) {
  auto all = std::make_shared<one_of_each>();
  decision = nullptr;
  sched.workers.store(&all->w, base::memory_order_relaxed);
  s.thread("worker", [all] {
    step_outside(all->w);
    for (int i = 0; i < 2; ++i) {
      step_inside(all->w);
      all->used.set(all->used.get() + 1);
      step_outside(all->w);
    }
  });
  s.thread("pauser", [all] {
    const paused_world still(base::never);
    model::expect(static_cast<bool>(still), "the world could not be paused");
    all->used.set(all->used.get() + 1);
  });
  s.at_end([all] { model::expect(all->used.get() == 3, "something was done twice, or not at all"); });
}

// A worker that sleeps at home wakes during a pause, and rests on.
void rest_and_pause(model::scene& s) {
  auto all = std::make_shared<one_of_each>();
  decision = nullptr;
  sched.workers.store(&all->w, base::memory_order_relaxed);
  s.thread("worker", [all] {
    begin_rest(all->w);
    end_rest(all->w);
    all->used.set(all->used.get() + 1);
    begin_rest(all->w);
  });
  s.thread("pauser", [all] {
    const paused_world still(base::never);
    model::expect(static_cast<bool>(still), "the world could not be paused");
    all->used.set(all->used.get() + 1);
  });
}

constexpr const char* heavy = "the heavy fence stands between, and does it; these come once a pause, or once a sleep";

TEST(Model, Pause) {
  model::verify_orders("pause of the world (sched/pause.hpp)", {"pause.cpp", "pause.hpp", "inside.hpp"},
                       {worker_and_pause, rest_and_pause}, {.stale_reads = 3},
                       {{"pause.cpp", "sched.workers.load", "no worker is made here"},
                        {"pause.cpp", "w.resting.", heavy},
                        {"pause.cpp", "sched.stop_reason.load(base::memory_order_seq_cst)", heavy},
                        {"pause.cpp", "scheduler::paused, base::memory_order_seq_cst", heavy},
                        {"pause.cpp", "sched.stop_reason.compare_exchange_strong", heavy},
                        {"pause.cpp", "scheduler::running, base::memory_order_seq_cst", "a release would do; rare"},
                        {"pause.cpp", "pauser", "one pauser here"}});
}

TEST(Model, Handoff) {
  model::verify_orders(
      "handoff (sched/inside.hpp)", {"inside.hpp", "handoff.cpp"}, {worker_and_monitor},
      {.preemptions = 3, .stale_reads = 3},
      {{"handoff.cpp", "p.owner.load(base::memory_order_acquire)", "no change of owner here"},
       {"handoff.cpp", "== scheduler::paused", "no pause here"},
       {"handoff.cpp", "processors_made.load(base::memory_order_acquire)", "no processor is made here"}});
}

}  // namespace
}  // namespace goro::sched
