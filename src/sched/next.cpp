// Who is next: what a processor runs when its goroutine stops, of what it has at hand.
//
//   run_next           who was made ready last, in the time slice of who did it, for two milliseconds on end
//   ring, fresh stack  in turns where there are both; the ring in order, fresh ones newest first, the oldest every two
//                      milliseconds
//   global queue       one at every 64th dispatch, many when there is little else
//   timers, poller     looked at on the way
#include "sched/inside.hpp"
#include "sched/scheduler.hpp"
#include "sched/timers.hpp"

namespace goro::sched {
namespace {

// Newest first; see fresh_stack.hpp. The oldest when it is its turn, so that none waits for ever.
runnable pop_fresh(processor& p) noexcept {
  if (p.oldest_first) [[unlikely]] {
    p.oldest_first = false;
    return p.fresh.take_oldest();
  }
  return p.fresh.pop();
}

// What run_next holds goes on in the time slice of the one that made it ready, so goroutines that wake each other share
// one slice however often they do (Go: inheritTime). A slice is the monitor's ten milliseconds; for pairs that wake
// each other within a microsecond the ring need not wait so long, so a long chain ends by itself. Its length in time
// counts and not the number of turns: a pair that computes for a millisecond each would else get a thousand times as
// much as one that does not.
bool next_may_run(processor& p) noexcept {
  constexpr std::uint32_t turns_between_looks = 64;
  constexpr base::nanoseconds longest_chain = 2'000'000;
  if (++p.next_streak % turns_between_looks != 0) [[likely]] {
    return true;
  }
  const base::nanoseconds now = base::now_ns();
  if (p.next_streak == turns_between_looks) {
    p.next_streak_since = now;
  }
  return now - p.next_streak_since < longest_chain;
}

// Counted in time and not in dispatches: each turn begins another branch of a program that forks and joins, and while
// goroutines are short many such branches would be open at a time, each with the stacks of all that wait in it. (One in
// 257 dispatches kept 12,000 goroutines of fib(30) alive; in two milliseconds there are 20,000.)
void give_turn_to_oldest(processor& p) noexcept {
  constexpr base::nanoseconds between_turns = 2'000'000;
  const base::nanoseconds now = base::now_ns();
  if (now - p.oldest_turn_at >= between_turns) {
    p.oldest_turn_at = now;
    p.oldest_first = true;
  }
}

// One of the global queue when it is `due` (an expired slice is as long as thousands of dispatches). Many, when the own
// queue is nearly empty: a few goroutines that come back all the time (one that polls by yield) shall not have all
// turns but one in 64 while a hundred thousand stand there.
runnable pop_global_in_turn(processor& p, bool due) noexcept {
  const bool few_of_its_own = p.queue.ring_size() + p.fresh.size() < dispatches_between_looks;
  if (!due && !few_of_its_own) {
    return {};
  }
  const runnable first = pop_global(p, few_of_its_own);
  if (few_of_its_own && first && !is_only_processor(&p)) {
    // For the others, which are in the ring now: who has looked there before and then found nothing here sleeps.
    wake_for_work();
  }
  return first;
}

enum class look : std::uint8_t { go_on, slice_over, decided };

// What is not done at every dispatch. `decided`: `found` is the answer, which may be nothing.
[[gnu::noinline]] look look_around(worker& w, processor& p, std::uint32_t tick, runnable& found) noexcept {
  if (stopping() || p.surplus.load(base::memory_order_relaxed)) [[unlikely]] {
    return look::decided;
  }
  const bool slice_over = w.preempt_requested.load(base::memory_order_relaxed);
  if (slice_over) [[unlikely]] {
    follow_request_to_yield(w);
    p.oldest_first = true;
  }
  if (tick % dispatches_between_clocks == 0 && !p.fresh.empty()) {
    give_turn_to_oldest(p);
  }
  if (p.timers.earliest.load(base::memory_order_relaxed) != base::never && !end_due_waits(p.timers, base::now_ns())) {
    return look::decided;
  }
  if (tick % poll_interval == 0 && sched.poller_used.load(base::memory_order_relaxed)) {
    return look::decided;  // to look into the poller, at home: that takes too much of a goroutine's stack
  }
  // Last: where it is never empty, the others would never have their turn.
  if (sched.global_queue_size.load(base::memory_order_relaxed) != 0) {
    found = pop_global_in_turn(p, slice_over || tick % global_queue_interval == 0);
    if (found) {
      return look::decided;
    }
  }
  return slice_over ? look::slice_over : look::go_on;
}

// How far ahead of the goroutine that is entered another one's memory is fetched: long enough before its turn, and not
// pushed out again.
constexpr std::uint32_t prefetch_distance = 2;

}  // namespace

runnable next_local(worker& w) noexcept {
  processor& p = *w.held;
  const std::uint32_t tick = p.tick.load(base::memory_order_relaxed) + 1;
  p.tick.store(tick, base::memory_order_relaxed);
  look seen = look::go_on;
  if (tick % dispatches_between_looks == 0 || w.preempt_requested.load(base::memory_order_relaxed) || stopping() ||
      p.surplus.load(base::memory_order_relaxed)) [[unlikely]] {
    runnable found;
    seen = look_around(w, p, tick, found);
    if (seen == look::decided) {
      return found;
    }
  }
  if (seen == look::go_on && next_may_run(p)) [[likely]] {
    if (const runnable r = p.queue.pop_next()) {
      return r;
    }
  }
  p.next_streak = 0;
  begin_slice(p);
  // Ready and fresh goroutines take turns when there are both.
  p.fresh_has_turn = !p.fresh_has_turn;
  if (p.fresh_has_turn) {
    if (const runnable r = pop_fresh(p)) {
      return r;
    }
  }
  if (const runnable r = p.queue.pop_front()) {
    p.queue.peek(prefetch_distance).prefetch();
    return r;
  }
  if (const runnable r = pop_fresh(p)) {
    return r;
  }
  return p.queue.pop_next();
}

}  // namespace goro::sched
