#include "sched/pause.hpp"

#include "platform/asymmetric_fence.hpp"

namespace goro::sched {
namespace {

constexpr std::uint32_t nobody_pauses = 0;
constexpr std::uint32_t somebody_pauses = 1;
constinit base::futex_word pauser{nobody_pauses};

// How long goroutines that run have for coming home, which makes their stacks readable. Who does not call goro is left
// alone.
constexpr base::nanoseconds time_to_come_home = 1'000'000;
constexpr base::nanoseconds between_looks = 20'000;
// How long the first try may take; see pause.hpp, "Why tries end".
constexpr base::nanoseconds first_try = 20'000'000;

constexpr bool is_pause(std::uint32_t reason) noexcept {
  return reason == scheduler::pausing || reason == scheduler::paused;
}

template <class F>
void for_each_worker(F f) noexcept {
  for (worker* w = sched.workers.load(base::memory_order_acquire); w != nullptr;
       w = w->next_made) {  // sync: worker-made
    f(*w);
  }
}

void wait_a_little() noexcept {
  base::futex_word never_changes{0};
  base::futex_wait(never_changes, 0, base::now_ns() + between_looks);
}

bool rests(const worker& w) noexcept { return w.resting.load(base::memory_order_seq_cst); }  // sync: worker-rests

template <class Quiet>
bool wait_until_all(const worker* own, base::nanoseconds deadline, Quiet is_quiet) noexcept {
  for (;;) {
    bool all = true;
    for_each_worker([&](const worker& w) { all = all && (&w == own || is_quiet(w)); });
    if (all) {
      return true;
    }
    if (base::now_ns() >= deadline) {
      return false;
    }
    wait_a_little();
  }
}

// How many workers have found a pause where they wanted to go on, and are not further yet. A hint, for the next try.
constinit base::atomic<std::uint32_t> held_up{0};

// One of them may hold the lock that another waits for. Bounded all the same: the system may have put it aside.
void wait_until_those_who_rested_go_on(base::nanoseconds deadline) noexcept {
  while (held_up.load(base::memory_order_relaxed) != 0 && base::now_ns() < deadline) {
    wait_a_little();
  }
}

void release_pauser() noexcept {
  pauser.store(nobody_pauses, base::memory_order_release);  // sync: pauser
  base::futex_wake(pauser);
}

}  // namespace

paused_world::paused_world(base::nanoseconds deadline) noexcept : own_(this_worker()) {
  std::uint32_t expected = nobody_pauses;
  while (!pauser.compare_exchange_strong(expected, somebody_pauses, base::memory_order_acquire)) {  // sync: pauser
    if (!base::futex_wait(pauser, somebody_pauses, deadline)) {
      return;
    }
    expected = nobody_pauses;
  }
  if (!begin(deadline)) {
    release_pauser();
  }
}

bool paused_world::begin(base::nanoseconds deadline) noexcept {
  for (base::nanoseconds longest = first_try;; longest *= 2) {
    std::uint32_t expected = scheduler::running;
    if (!sched.stop_reason.compare_exchange_strong(expected, scheduler::pausing, base::memory_order_seq_cst)) {
      return false;
    }
    // Without a deadline the first try has none either (the models of tests/model explore one, and take no such locks).
    const base::nanoseconds now = deadline == base::never ? 0 : base::now_ns();
    const bool is_last = deadline == base::never || deadline - now <= longest;
    switch (stop_all(is_last ? deadline : now + longest)) {
      case attempt::stopped:
        paused_ = true;
        return true;
      case attempt::refused:
        let_all_go();
        return false;
      case attempt::took_too_long:
        let_all_go();
        wait_until_those_who_rested_go_on(now + 2 * longest);
        if (base::now_ns() >= deadline) {
          return false;
        }
    }
  }
}

paused_world::attempt paused_world::stop_all(base::nanoseconds deadline) noexcept {
  for_each_worker([this](worker& w) {
    if (&w != own_ && !rests(w)) {
      ask_to_yield(w);
    }
  });
  wait_until_all(own_, base::now_ns() + time_to_come_home, rests);
  {
    const base::lock_guard hold(sched.lock);
    sched.stop_reason.store(scheduler::paused, base::memory_order_seq_cst);
    for_each_worker([this](worker& w) { w.claimed.store(&w != own_, base::memory_order_relaxed); });
  }
  if (platform::heavy_fence() != platform::fence_result::done) {
    return attempt::refused;
  }
  const bool stopped = wait_until_all(own_, deadline, [](const worker& w) {
    return rests(w) || !w.inside.load(base::memory_order_acquire);  // sync: worker-inside
  });
  return stopped ? attempt::stopped : attempt::took_too_long;
}

void paused_world::let_all_go() noexcept {
  bool time_is_lost;
  {
    const base::lock_guard hold(sched.lock);
    time_is_lost = !time_is_kept();
    for_each_worker([](worker& w) { w.claimed.store(false, base::memory_order_release); });  // sync: processor-claim
    sched.stop_reason.store(scheduler::running, base::memory_order_seq_cst);                 // sync: pause-ends
  }
  base::futex_wake(sched.stop_reason, INT32_MAX);
  // Calls for workers that came meanwhile were not followed.
  if (time_is_lost || work_anywhere()) {
    wake_for_work();
  }
}

void paused_world::resume() noexcept {
  if (paused_) {
    paused_ = false;
    let_all_go();
    release_pauser();
  }
}

bool is_at_home(const paused_world& world, int thread) noexcept {
  base::check(static_cast<bool>(world), "the world is paused");
  bool found = false;
  for_each_worker([&](const worker& w) {
    found = found || (w.thread_id.load(base::memory_order_relaxed) == thread && rests(w) && w.current == nullptr);
  });
  return found;
}

void end_rest(worker& w) noexcept {
  const auto go_on = [&w] {
    w.resting.store(false, base::memory_order_seq_cst);  // store-load pair with stop_all
    return !is_pause(sched.stop_reason.load(base::memory_order_seq_cst));
  };
  if (go_on()) {
    return;
  }
  held_up.fetch_add(1, base::memory_order_relaxed);
  do {
    begin_rest(w);
    wait_for_end_of_pause();
  } while (!go_on());
  held_up.fetch_sub(1, base::memory_order_relaxed);
}

bool stay_while_paused(worker& w) noexcept {
  if (!is_pause(sched.stop_reason.load(base::memory_order_acquire))) {  // sync: pause-ends
    return false;
  }
  begin_rest(w);
  end_rest(w);
  return true;
}

void wait_for_end_of_pause() noexcept {
  for (;;) {
    const std::uint32_t reason = sched.stop_reason.load(base::memory_order_seq_cst);
    if (!is_pause(reason)) {
      return;
    }
    base::futex_wait(sched.stop_reason, reason);
  }
}

}  // namespace goro::sched
