// Blocking as foreign threads do it: sched/wait.hpp over a parker for each modelled thread. What goroutines add, the
// switch to another stack, is the scheduler's.
#include <array>
#include <cstdlib>

#include "base/check.hpp"
#include "engine/execution.hpp"
#include "platform/os.hpp"
#include "sched/bubble.hpp"
#include "sched/lock_watch.hpp"
#include "sched/scheduler.hpp"
#include "sched/thread_parker.hpp"
#include "sched/wait.hpp"
#include "thread_waits.hpp"

namespace goro {

// Never: nobody is to yield, no locks are watched, and no simulation is under way.
constinit detail::atomic<std::uint32_t> detail::preemption_wanted{0};
void detail::preempt_if_asked() noexcept {}
void detail::simulate_step() noexcept {}

namespace model {
unsigned spins_allowed = 0;
}

namespace base {
void raise_panic(const char* text) {
  model::fail(std::string("panic: ") + text);
  std::abort();
}
}  // namespace base

namespace platform {
void yield_thread() noexcept { model::pause(); }
}  // namespace platform

namespace sched {

void note_lock_wanted(const void*, lock_mode, mark_lock) noexcept {}
void note_lock_wait(const void*, lock_mode, wait_reason, bool, mark_lock) noexcept {}
void note_lock_given_up() noexcept {}
void note_lock_held(const void*, lock_mode, mark_lock) noexcept {}
void note_lock_released(const void*) noexcept {}

// Of several ready cases the last.
std::optional<std::uint32_t> bubble::random_of_caller(std::uint32_t) noexcept { return 0; }
std::uint32_t bubble::id_of_caller() noexcept { return 0; }

worker* this_worker() noexcept { return nullptr; }
void wake_for_work() noexcept {}

thread_parker& this_thread_parker() noexcept {
  static std::array<thread_parker, model::most_threads + 1> parkers;
  return parkers[model::this_thread()];
}

waiter::waiter() noexcept : goroutine_(nullptr), thread_(&this_thread_parker()) {}
void waiter::make_ready() noexcept { thread_->wake(); }
void waiter::make_ready_quietly() noexcept { thread_->wake(); }
void waiter::note_object(const void*) noexcept {}
void waiter::note_in_table(bool) noexcept {}

std::uint32_t waiter::park(wait_reason, void (*unlock)(void*), void* argument) noexcept {
  if (unlock != nullptr) {
    unlock(argument);
  }
  thread_->wait(base::never);
  return outcome();
}

std::uint32_t waiter::park_until(wait_reason reason, base::nanoseconds deadline, std::uint32_t timeout_outcome,
                                 void (*unlock)(void*), void* argument,
                                 const base::function_ref<void()>* then) noexcept {
  if (deadline == base::never && then == nullptr) {
    return park(reason, unlock, argument);
  }
  if (unlock != nullptr) {
    unlock(argument);
  }
  if (then != nullptr) {
    (*then)();
  }
  if (!thread_->wait(deadline) && !claim(timeout_outcome)) {
    thread_->wait(base::never);
  }
  return outcome();
}

bool spin_a_little(unsigned tries) noexcept {
  if (tries >= model::spins_allowed) {
    return false;
  }
  base::cpu_pause();
  return true;
}

}  // namespace sched
}  // namespace goro
