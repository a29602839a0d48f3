// The signal brings the number of the call, which lives for ever, and the call says whether it is wanted, and of which
// thread. So a signal that comes when its call has been given up, was made on behalf of an earlier signal, or is wanted
// of another thread by now, finds nothing to do; and one that comes so late that the call is wanted again of the same
// thread makes it, the later signal finding nothing then. (Rejected: a handler that looks through all calls for those
// of its thread. With thousands of threads that are asked at once, that is millions of looks.)
//
// Each call is made once, or given up: `wanted` is left by one compare-exchange, the handler's or finish()'s. Only
// begin() leaves the states that are over, and it is called by one thread at a time; so the handler that has taken a
// call has it alone until it stores `done` or `failed`, and whoever reads that (finish(), is_over()) has all that the
// work wrote. A finish() that finds the call taken just as it gives up leaves it as it is: it counts as not made,
// though it goes on, and is over later.
#include "platform/thread_call.hpp"

#include <climits>
#include <csetjmp>

#include "platform/linux/own_signal.hpp"
#include "platform/linux/task_folder.hpp"
#include "platform/os.hpp"

namespace goro::platform {
namespace {

// Where a thread that runs into a fault looks for what it was doing.
constinit base::atomic<thread_call*> all_calls{nullptr};

}  // namespace

void thread_call::list() noexcept {
  if (!listed_) {
    listed_ = true;
    next_ = all_calls.load(base::memory_order_relaxed);
    all_calls.store(this, base::memory_order_release);  // sync: thread-call-made
  }
}

bool thread_call::begin(int thread) noexcept {
  const int signal = take_own_signal();
  if (signal == 0 || thread == 0 || !is_over() || !can_be_interrupted(state_of_task(thread), signal)) {
    return false;
  }
  list();
  state_.store(of(thread, wanted), base::memory_order_release);  // sync: thread-call-wanted
  if (send_own_signal(thread, signal, *this) == sent::yes) {
    return true;
  }
  finish(0);
  return false;
}

bool thread_call::finish(base::nanoseconds deadline) noexcept {
  for (;;) {
    std::uint32_t now = state_.load(base::memory_order_acquire);  // sync: thread-call-done
    if (!is_open(now)) {
      return now == done;
    }
    if (!base::futex_wait(state_, now, deadline)) {
      // The handler may have come to it at this moment: then it lasts, or is done.
      now = (now & ~std::uint32_t{7}) | wanted;
      state_.compare_exchange_strong(now, idle, base::memory_order_acquire);  // sync: thread-call-done
      return now == done;
    }
  }
}

bool thread_call::is_over() const noexcept {
  const std::uint32_t now = state_.load(base::memory_order_acquire);  // sync: thread-call-done
  return !is_open(now);
}

bool thread_call::take(int thread) noexcept {
  std::uint32_t expected = of(thread, wanted);
  return state_.compare_exchange_strong(expected, of(thread, lasts),
                                        base::memory_order_acquire);  // sync: thread-call-wanted
}

void thread_call::carry_out() noexcept {
  state_.store(work_survives() ? done : failed, base::memory_order_release);  // sync: thread-call-done
  base::futex_wake(state_, INT_MAX);
}

bool thread_call::work_survives() noexcept {
  sigjmp_buf place;
  if (sigsetjmp(place, 1) != 0) {
    return false;
  }
  way_out_ = &place;
  work_(*this);
  return true;
}

void carry_out_thread_call(thread_call& call) noexcept {
  if (call.take(thread_id())) {
    call.carry_out();
  }
}

void leave_thread_call_that_faults() noexcept {
  const int self = thread_id();
  thread_call* c = all_calls.load(base::memory_order_acquire);  // sync: thread-call-made
  for (; c != nullptr; c = c->next_) {
    if (c->state_.load(base::memory_order_relaxed) == thread_call::of(self, thread_call::lasts)) {
      siglongjmp(*static_cast<sigjmp_buf*>(c->way_out_), 1);
    }
  }
}

}  // namespace goro::platform
