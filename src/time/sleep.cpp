// sleep: a wait that only its deadline ends.
#include "base/local_time.hpp"
#include "goro/time.hpp"
#include "sched/scheduler.hpp"

namespace goro::detail {
namespace {

void wait_until(base::nanoseconds deadline) noexcept {
  constexpr std::uint32_t outcome_slept = 1;
  sched::waiter self;
  self.park_until(sched::wait_reason::sleep, deadline, outcome_slept, nullptr, nullptr);
}

}  // namespace

void sleep_for_ns(std::int64_t ns) noexcept { wait_until(deadline_after_ns(ns)); }

void sleep_until_ns(std::int64_t deadline_ns) noexcept {
  if (deadline_ns <= base::local_now_ns()) {
    sched::preemption_point();
    return;
  }
  wait_until(deadline_ns);
}

}  // namespace goro::detail
