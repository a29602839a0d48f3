#include "sched/handoff.hpp"

#include <utility>

#include "base/check.hpp"
#include "base/settings.hpp"
#include "platform/os.hpp"
#include "sched/inside.hpp"
#include "sched/pause.hpp"

namespace goro::sched {
namespace {

// How long a goroutine has for following the request to yield before its processor is taken away. Most come by within
// microseconds.
constexpr base::nanoseconds patience = 200'000;
// And how long it must have had a CPU since the monitor saw its slice: on a loaded machine a thread may just not have
// been let run.
constexpr base::nanoseconds computing = 2'000'000;
// After this long a blocked goroutine loses its processor though nobody wants it: while it has one the monitor does not
// rest.
constexpr base::nanoseconds blocked_for_good = 100'000'000;
// Between two looks at a thread that seems to wait in the kernel: long enough for a short call to be over.
constexpr base::nanoseconds between_looks = 60'000;

// The kernel has stopped granting heavy fences, for good. The monitor's.
bool fence_refused = false;

// Does anybody wait for this processor, or for any?
bool is_wanted(const processor& p, base::nanoseconds now) noexcept {
  return p.surplus.load(base::memory_order_relaxed) || !p.idle() ||
         sched.global_queue_size.load(base::memory_order_relaxed) != 0 ||
         p.timers.earliest.load(base::memory_order_relaxed) <= now;
}

// The monitor's side of the protocol. False: the worker is inside the runtime, or gave the processor up itself.
// `held` may be looked at only after `inside` was found false: who starts a worker attaches it to a processor without
// the lock.
bool claim(worker& w, processor& p) noexcept {
  const base::lock_guard hold(sched.lock);
  if (stopping() || p.owner.load(base::memory_order_relaxed) != &w) {
    return false;
  }
  w.claimed.store(true, base::memory_order_relaxed);
  const platform::fence_result fence = platform::heavy_fence();
  fence_refused = fence == platform::fence_result::refused;
  const bool taken = fence == platform::fence_result::done && !w.inside.load(base::memory_order_acquire) &&
                     w.held == &p;  // sync: worker-inside
  if (taken) {
    w.held = nullptr;
    w.hog.store(true, base::memory_order_relaxed);
    sched.hogs.fetch_add(1, base::memory_order_relaxed);
    sched.handoffs.fetch_add(1, base::memory_order_relaxed);
    p.owner.store(nullptr, base::memory_order_relaxed);
    ask_to_yield(w);
    platform::want_time_slice(w.thread_id.load(base::memory_order_relaxed), hog_slice);  // before it can come home
  }
  w.claimed.store(false, base::memory_order_release);  // sync: processor-claim
  return taken;
}

bool take_away(worker& w, processor& p) noexcept {
  if (fence_refused) {
    return false;
  }
  if (!claim(w, p)) {
    if (fence_refused) {
      base::warn("membarrier is refused: processors are not taken away from goroutines that do not call goro any more");
    }
    return false;
  }
  hand_off_processor(p);
  return true;
}

worker* owner_of(const processor& p) noexcept {
  return p.owner.load(base::memory_order_acquire);
}  // sync: processor-owner

// Has the owner gone on to another goroutine since?
bool moved_on(const processor& p, const observation& seen) noexcept {
  return p.slices.load(base::memory_order_relaxed) != seen.slice ||
         p.tick.load(base::memory_order_relaxed) != seen.tick;
}

base::nanoseconds cpu_time_of(const worker& w) noexcept {
  return platform::cpu_time_of(w.thread_id.load(base::memory_order_relaxed));
}

// `seen` follows the owner of `p` through a time slice, and asks it to yield at the end. False when there is nothing to
// do about the owner: there is none, or it has begun another slice.
bool follow_slice(processor& p, worker* owner, observation& seen, base::nanoseconds now) noexcept {
  if (owner != nullptr && owner->preempt_requested.load(base::memory_order_relaxed)) {
    ask_to_yield(*owner);  // not yet followed
  }
  const std::uint32_t slice = p.slices.load(base::memory_order_relaxed);
  if (owner == nullptr || slice != seen.slice) {
    seen = {.slice = slice, .tick = p.tick.load(base::memory_order_relaxed), .since = now};
    return false;
  }
  if (seen.cpu_time == 0) {
    seen.cpu_time = cpu_time_of(*owner);
  }
  if (seen.asked == 0 && now - seen.since >= time_slice) {
    ask_to_yield(*owner);
    seen.asked = now;
  }
  return true;
}

// Does the owner not follow the request to yield, though it has had a CPU for long enough?
bool overruns(const worker& owner, const observation& seen, base::nanoseconds now) noexcept {
  return seen.asked != 0 && now - seen.asked >= patience && cpu_time_of(owner) - seen.cpu_time >= computing;
}

// Is the owner blocked, for all that can be said? Notes in `seen` what is to be found out at the next look.
bool seems_blocked(const processor& p, const worker& owner, observation& seen, base::nanoseconds now) noexcept {
  const base::nanoseconds cpu_time = cpu_time_of(owner);
  const std::uint32_t tick = p.tick.load(base::memory_order_relaxed);
  const bool moved = std::exchange(seen.tick, tick) != tick;
  const bool computes = std::exchange(seen.last_cpu_time, cpu_time) != cpu_time;
  if (moved || computes) {
    return false;
  }
  const std::uint64_t waits_for = platform::kernel_wait_of(owner.thread_id.load(base::memory_order_relaxed));
  if (waits_for == platform::kernel_does_not_tell) {
    return seen.asked != 0 && now - seen.asked >= time_slice;
  }
  seen.kernel_wait = waits_for;
  return false;
}

// A look at one processor. Returns how long the next one may be put off.
base::nanoseconds watch(processor& p, observation& seen, base::nanoseconds now) noexcept {
  worker* owner = owner_of(p);
  seen.kernel_wait = 0;
  const bool goes_on = follow_slice(p, owner, seen, now);
  if (hands_off_always()) {
    if (owner != nullptr) {
      take_away(*owner, p);
    }
    return tick_when_forced;
  }
  if (owner == nullptr || owner->inside.load(base::memory_order_relaxed)) {
    return base::never;
  }
  const bool wanted = is_wanted(p, now);
  if (!goes_on) {
    return wanted ? tick_when_wanted : base::never;
  }
  if (wanted ? overruns(*owner, seen, now) || seems_blocked(p, *owner, seen, now)
             : now - seen.since >= blocked_for_good && seems_blocked(p, *owner, seen, now)) {
    take_away(*owner, p);
  }
  return wanted ? tick_when_stuck : base::never;
}

// Takes the processors of those that wait in the kernel for the same as before.
void take_from_blocked(const observation* seen, std::uint32_t made) noexcept {
  for (std::uint32_t i = 0; i < made; ++i) {
    processor& p = *sched.processors[i].load(base::memory_order_relaxed);
    worker* owner = owner_of(p);
    if (seen[i].kernel_wait != 0 && owner != nullptr && !moved_on(p, seen[i]) &&
        platform::kernel_wait_of(owner->thread_id.load(base::memory_order_relaxed)) == seen[i].kernel_wait) {
      take_away(*owner, p);
    }
  }
}

}  // namespace

bool hands_off_always() noexcept {
  static const bool wanted = base::debug_setting("handoff") == "always";
  return wanted;
}

void await_claim() noexcept {
  if (sched.stop_reason.load(base::memory_order_relaxed) == scheduler::forked) {
    fail_after_fork();  // there is no monitor here, and the lock may be held by who was not copied
  }
  sched.lock.acquire();
  sched.lock.release();
  if (sched.stop_reason.load(base::memory_order_acquire) == scheduler::paused) [[unlikely]] {  // sync: pause-ends
    stay_while_paused(*this_worker());
  }
}

void end_hogging(worker& w) noexcept {
  w.hog.store(false, base::memory_order_relaxed);
  sched.hogs.fetch_sub(1, base::memory_order_relaxed);
  platform::want_time_slice(w.thread_id.load(base::memory_order_relaxed), worker_slice);
}

void remind_hogs() noexcept {
  if (sched.hogs.load(base::memory_order_relaxed) == 0) {
    return;
  }
  for (worker* w = sched.workers.load(base::memory_order_acquire); w != nullptr;
       w = w->next_made) {  // sync: worker-made
    if (w->hog.load(base::memory_order_relaxed)) {
      ask_to_yield(*w);
    }
  }
}

base::nanoseconds watch_time_slices(observation* seen, base::nanoseconds now) noexcept {
  static const bool wanted = base::debug_setting("handoff") != "never";
  if (!wanted) {
    return base::never;
  }
  const std::uint32_t made = sched.processors_made.load(base::memory_order_acquire);  // sync: processors-made
  base::nanoseconds next_look = base::never;
  bool blocked = false;
  for (std::uint32_t i = 0; i < made; ++i) {
    const base::nanoseconds next = watch(*sched.processors[i].load(base::memory_order_relaxed), seen[i], now);
    next_look = next < next_look ? next : next_look;
    blocked = blocked || seen[i].kernel_wait != 0;
  }
  if (blocked) {
    base::futex_word nobody_wakes{0};
    base::futex_wait(nobody_wakes, 0, base::now_ns() + between_looks);
    take_from_blocked(seen, made);
  }
  return next_look;
}

}  // namespace goro::sched
