// The lists of idle processors and idle workers. All of it happens under the scheduler's lock; what `idle_processors`
// promises to those who read it without the lock stands in idle.hpp.
#include <algorithm>
#include <array>
#include <utility>

#include "sched/handoff.hpp"
#include "sched/idle.hpp"

namespace goro::sched {
namespace {

// Who has been idle longest stands last, and goes first. Listed as it is, a worker may still be about to look for work
// (park_idle, step 3): it does, and wakes another one for what it finds (find_work). It may have been told of a new
// timer (announce_timer): one that stays is woken to work out the deadline in its stead. False: that was all.
bool retire_some() noexcept {
  std::array<worker*, 64> retired;
  std::uint32_t n = 0;
  {
    const base::lock_guard hold(sched.lock);
    const std::uint32_t keep = sched.processor_limit.load(base::memory_order_relaxed);
    const std::uint32_t fewest = sched.fewest_idle_workers;
    worker* last = sched.idle_workers;
    while (fewest > keep && last->next_idle != nullptr) {
      last = last->next_idle;
    }
    for (; n < retired.size() && fewest > keep + n; ++n) {
      worker& w = *std::exchange(last, last->previous_idle);
      unlist(w);
      w.thread_must_end = true;
      retired[n] = &w;
    }
    sched.fewest_idle_workers = fewest - n;
    if (n != 0) {
      send_wake(*sched.idle_workers);
    }
  }
  std::for_each_n(retired.begin(), n, [](worker* w) { send_wake(*w); });
  return n == retired.size();
}

}  // namespace

void push_idle_processor(processor& p) noexcept {
  p.owner.store(nullptr, base::memory_order_release);  // sync: processor-owner
  if (p.surplus.load(base::memory_order_relaxed)) {
    p.retired = true;
    return;
  }
  p.listed = true;
  p.next_idle = sched.idle_processor_list;
  sched.idle_processor_list = &p;
  sched.idle_processors.store(sched.idle_processors.load(base::memory_order_relaxed) + 1, base::memory_order_seq_cst);
}

processor* pop_idle_processor(processor* preferred) noexcept {
  processor** link = &sched.idle_processor_list;
  if (preferred != nullptr) {
    while (*link != nullptr && *link != preferred) {
      link = &(*link)->next_idle;
    }
    if (*link == nullptr) {
      link = &sched.idle_processor_list;
    }
  }
  processor* p = *link;
  if (p != nullptr) {
    *link = p->next_idle;
    p->next_idle = nullptr;
    p->listed = false;
    sched.idle_processors.store(sched.idle_processors.load(base::memory_order_relaxed) - 1, base::memory_order_seq_cst);
  }
  return p;
}

void list_as_idle(worker& w) noexcept {
  w.parked_as = worker::parking::idle;
  w.previous_idle = nullptr;
  w.next_idle = sched.idle_workers;
  if (sched.idle_workers != nullptr) {
    sched.idle_workers->previous_idle = &w;
  }
  sched.idle_workers = &w;
  ++sched.idle_worker_count;
}

void unlist(worker& w) noexcept {
  if (w.parked_as == worker::parking::timekeeper) {
    sched.timekeeper = nullptr;
    sched.timekeeper_deadline.store(base::never, base::memory_order_relaxed);
  } else if (w.parked_as == worker::parking::idle) {
    (w.previous_idle != nullptr ? w.previous_idle->next_idle : sched.idle_workers) = w.next_idle;
    if (w.next_idle != nullptr) {
      w.next_idle->previous_idle = w.previous_idle;
    }
    if (--sched.idle_worker_count < sched.fewest_idle_workers) {
      sched.fewest_idle_workers = sched.idle_worker_count;
    }
  }
  w.parked_as = worker::parking::none;
}

worker* pop_idle_worker() noexcept {
  worker* w = sched.idle_workers != nullptr ? sched.idle_workers : sched.timekeeper;
  if (w != nullptr) {
    unlist(*w);
  }
  return w;
}

void attach(worker& w, processor& p) noexcept {
  if (w.hog.load(base::memory_order_relaxed)) [[unlikely]] {
    end_hogging(w);
  }
  w.held = &p;
  w.last_held = &p;
  begin_slice(p);                                 // what the monitor has seen of the former owner does not count
  p.owner.store(&w, base::memory_order_release);  // sync: processor-owner
}

bool take_idle_processor(worker& w) noexcept {
  const base::lock_guard hold(sched.lock);
  processor* p = stopping() ? nullptr : pop_idle_processor(w.last_held);
  if (p == nullptr) {
    return false;
  }
  attach(w, *p);
  wake_sysmon_if_asleep();
  return true;
}

void return_processor(processor& p) noexcept { push_idle_processor(p); }

void set_surplus(processor& p, bool surplus) noexcept {
  p.surplus.store(surplus, base::memory_order_relaxed);
  if (!surplus) {
    if (p.retired) {
      p.retired = false;
      push_idle_processor(p);
    }
  } else if (p.listed) {
    pop_idle_processor(&p);
    p.retired = true;
  } else if (worker* owner = p.owner.load(base::memory_order_relaxed)) {
    ask_to_yield(*owner);
  }
}

bool retire_idle_workers() noexcept {
  while (retire_some()) {
  }
  const base::lock_guard hold(sched.lock);
  sched.fewest_idle_workers = sched.idle_worker_count;
  return sched.idle_worker_count > sched.processor_limit.load(base::memory_order_relaxed);
}

void clear_idle_caches() noexcept {
  const base::lock_guard hold(sched.lock);
  for (processor* p = sched.idle_processor_list; p != nullptr; p = p->next_idle) {
    p->launches.clear();
    p->stacks.clear();
  }
}

}  // namespace goro::sched
