// sleep: a wait that only its deadline ends.
#include "goro/time.hpp"

#include "sched/scheduler.hpp"

namespace goro::detail {

void sleep_until_ns(std::int64_t deadline_ns) noexcept {
  if (deadline_ns <= base::now_ns()) {
    sched::preemption_point();
    return;
  }
  constexpr std::uint32_t outcome_slept = 1;
  sched::waiter self;
  self.park_until(sched::wait_reason::sleep, deadline_ns, outcome_slept, nullptr, nullptr);
}

}  // namespace goro::detail
