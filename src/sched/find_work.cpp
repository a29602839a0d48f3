// What a worker does that has nothing to run: look everywhere, search for a while, sleep.
#include <algorithm>
#include <utility>

#include "sched/handoff.hpp"
#include "sched/pause.hpp"
#include "sched/polling.hpp"
#include "sched/scheduler.hpp"

namespace goro::sched {
namespace {

// How long a searching worker goes on before it sleeps. Waking a sleeping processor costs a system call and, on a
// virtual machine, tens of microseconds; work that comes within this time finds somebody awake. Who has found nothing
// searches half as long the next time: where two goroutines hand each other the processor there is never anything to
// find, and the search would cost as much as they do.
constexpr base::nanoseconds shortest_search = longest_search_time / 8;
// run_next belongs to its owner unless it stays there this long: it is what the owner is about to run.
constexpr unsigned thorough_pass = 4;
constexpr int pauses_between_looks_at_next = 20;
constexpr int looks_before_stealing_next = 10;

void start_spinning(worker& w) noexcept {
  std::uint32_t nobody = 0;
  if (!w.spinning && sched.spinning.compare_exchange_strong(nobody, 1, base::memory_order_seq_cst)) {
    w.spinning = true;
  }
}

// A worker that found work passes the search on: where there was one piece there may be more.
void stop_spinning(worker& w) noexcept {
  if (w.spinning) {
    w.spinning = false;
    if (sched.spinning.fetch_sub(1, base::memory_order_seq_cst) == 1) {
      wake_for_work();
    }
  }
}

// One event is mostly all there is, and to wake another worker for each message would cost more than the message: the
// search is passed on only when there is more to find. (Who submitted work, or a timer, while this worker was searching
// has left it to the search.)
void stop_spinning_for_event(worker& w) noexcept {
  w.spinning = false;
  if (sched.spinning.fetch_sub(1, base::memory_order_seq_cst) == 1) {
    base::store_load_fence();  // submit / park protocol, worker's step 2
    if (work_anywhere() || timer_is_near()) {
      wake_for_work();
    }
  }
}

runnable steal_next_of(processor& victim) noexcept {
  const runnable seen = victim.queue.look_at_next();
  if (!seen) {
    return {};
  }
  const std::uint32_t tick = victim.tick.load(base::memory_order_relaxed);
  for (int look = 0; look < looks_before_stealing_next; ++look) {
    for (int i = 0; i < pauses_between_looks_at_next; ++i) {
      base::cpu_pause();
    }
    if (victim.tick.load(base::memory_order_relaxed) != tick) {
      return {};
    }
  }
  return victim.queue.steal_next(seen) ? seen : runnable{};
}

// The oldest fresh goroutines, up to half of them and not too many: each may fork a whole tree.
runnable steal_fresh(processor& own, processor& victim) noexcept {
  constexpr std::uint32_t most = 32;
  const runnable first = victim.fresh.take_oldest();
  if (first) {
    const std::uint32_t half = victim.fresh.size() / 2;
    for (std::uint32_t i = 0; i < half && i < most; ++i) {
      const runnable r = victim.fresh.take_oldest();
      if (!r) {
        break;
      }
      own.fresh.push(r);  // has room: a thief's own stack is empty
    }
  }
  return first;
}

// One look at every other processor, from a random one on: its due timers, its ring and, `thoroughly`, its run_next.
runnable steal_once(worker& w, bool thoroughly) noexcept {
  processor& own = *w.held;
  const std::uint32_t made = sched.processors_made.load(base::memory_order_acquire);  // sync: processors-made
  const std::uint32_t start = own.random.below(made);
  for (std::uint32_t i = 0; i < made; ++i) {
    processor& victim = *sched.processors[(start + i) % made].load(base::memory_order_relaxed);
    if (victim.timers.earliest.load(base::memory_order_relaxed) != base::never &&
        run_due_timers(victim.timers, base::now_ns()) != 0) {
      return next_local(w);
    }
    if (&victim == &own || !own.idle()) {  // not empty: a due timer's goroutine, met while we must go
      continue;
    }
    if (const runnable r = victim.queue.steal_into(own.queue)) {
      return r;
    }
    if (const runnable r = steal_fresh(own, victim)) {
      return r;
    }
    if (thoroughly) {
      if (const runnable r = steal_next_of(victim)) {
        return r;
      }
    }
  }
  return {};
}

runnable search_until(worker& w, base::nanoseconds end) noexcept {
  for (unsigned pass = 1;; ++pass) {
    if (const runnable r = steal_once(w, pass % thorough_pass == 0)) {
      return r;
    }
    if (sched.global_queue_size.load(base::memory_order_relaxed) != 0) {
      if (const runnable r = pop_global(*w.held, true)) {
        return r;
      }
    }
    if (poller_used()) {
      if (const unsigned ready = poll_now(); ready != 0) {
        const runnable r = next_local(w);
        if (ready == 1) {
          stop_spinning_for_event(w);
        }
        return r;
      }
    }
    if (stopping() || w.held->surplus.load(base::memory_order_relaxed)) {
      return {};
    }
    if (base::now_ns() >= end) {  // before it sleeps it has looked at every run_next too, however short its time was
      return pass % thorough_pass == 0 ? runnable{} : steal_once(w, true);
    }
    for (int i = 0; i < 10; ++i) {
      base::cpu_pause();
    }
  }
}

runnable search(worker& w) noexcept {
  const runnable found = search_until(w, base::now_ns() + w.search_time);
  w.search_time = found ? longest_search_time : std::max(w.search_time / 2, shortest_search);
  return found;
}

// Returns after a pause, else never.
void stop(worker& w) noexcept {
  if (stay_while_paused(w)) {
    return;
  }
  if (sched.stop_reason.load(base::memory_order_relaxed) == scheduler::forked) {
    fail_after_fork();
  }
  w.stopped.store(true, base::memory_order_release);  // sync: worker-stopped
  base::futex_word never_changes{0};
  for (;;) {
    base::futex_wait(never_changes, 0);
  }
}

// The processor is beyond the limit: what it holds goes to the others. Its timers stay; all workers look at all timers.
void retire(worker& w) noexcept {
  processor& p = *w.held;
  runnable_list rest;
  p.queue.take_all(rest);
  while (const runnable r = p.fresh.take_oldest()) {
    rest.push_back(r);
  }
  p.launches.clear();
  p.stacks.clear();
  if (!rest.empty()) {
    push_global(rest);
  }
}

// Nothing: the worker's thread is to end.
runnable find_work(worker& w) noexcept {
  for (;;) {
    if (stopping()) [[unlikely]] {
      stop(w);
      continue;
    }
    if (w.thread_must_end) [[unlikely]] {
      if (work_anywhere()) {
        wake_for_work();  // park_idle has seen it, and left it
      }
      return {};
    }
    if (w.held == nullptr) {
      park_idle(w, nullptr);
      continue;
    }
    processor& p = *w.held;
    if (p.surplus.load(base::memory_order_relaxed)) [[unlikely]] {
      retire(w);
      park_idle(w, &p);
      continue;
    }
    if (p.timers.earliest.load(base::memory_order_relaxed) != base::never) {
      run_due_timers(p.timers, base::now_ns());
    }
    if (poller_used() && p.tick.load(base::memory_order_relaxed) % poll_interval == 0) {
      poll_now();  // its turn, however much there is to run (next_local)
    }
    if (const runnable r = next_local(w)) {
      return r;
    }
    if (!p.idle()) {
      continue;  // told to stop or to give up the processor just now
    }
    if (sched.global_queue_size.load(base::memory_order_relaxed) != 0) {
      if (const runnable r = pop_global(p, true)) {
        return r;
      }
    }
    if (poller_used() && poll_now() != 0) {
      continue;
    }
    start_spinning(w);
    if (w.spinning) {
      if (const runnable r = search(w)) {
        return r;
      }
    } else if (const runnable r = steal_once(w, false)) {
      return r;
    }
    if (p.idle()) {
      park_idle(w, &p);
    }
  }
}

// `r` is locked to another worker's thread: give it our processor and stay behind.
void pass_to_locked(worker& w, runnable r) noexcept {
  processor& p = *w.held;
  w.held = nullptr;
  wake_locked(*r.as_goroutine().locked_to, p, r);
}

// The goroutine of this thread waits; nothing else may run here. Another worker brings it back with a processor.
void wait_for_locked(worker& w) noexcept {
  if (w.pending_kick != base::never) {
    announce_timer(std::exchange(w.pending_kick, base::never));
  }
  if (processor* p = w.held) {
    w.held = nullptr;
    hand_off_processor(*p);
  }
  park_locked(w);
  w.handed = std::exchange(w.given, {});
  attach(w, *std::exchange(w.given_processor, nullptr));
}

// A goroutine ended that was locked to this thread, or there are too many idle ones: the thread ends, its processor
// goes on.
void end_thread(worker& w) noexcept {
  processor* p = w.held;
  w.held = nullptr;
  if (p != nullptr) {
    hand_off_processor(*p);
  }
}

}  // namespace

void worker_loop(worker& w) noexcept {
  for (;;) {
    if (w.hog.load(base::memory_order_relaxed)) [[unlikely]] {
      end_hogging(w);
    }
    runnable r = std::exchange(w.handed, {});
    if (w.locked_goroutine != nullptr && !r) [[unlikely]] {
      if (stopping()) {
        stop(w);
        continue;
      }
      wait_for_locked(w);
      continue;
    }
    if (w.thread_must_end) [[unlikely]] {
      end_thread(w);
      return;
    }
    if (!r) {
      r = find_work(w);
    }
    stop_spinning(w);
    if (!r) {
      continue;
    }
    if (!r.is_fresh() && r.as_goroutine().locked_to != nullptr && r.as_goroutine().locked_to != &w) [[unlikely]] {
      pass_to_locked(w, r);
      continue;
    }
    if (stopping()) [[unlikely]] {
      w.handed = r;
      stop(w);  // a locked goroutine's worker comes here with a processor that it got from another one
      continue;
    }
    if (w.pending_kick != base::never) {
      announce_timer(std::exchange(w.pending_kick, base::never));
    }
    enter_from_home(w, r);
  }
}

}  // namespace goro::sched
