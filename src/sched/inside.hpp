// Who may use a worker's processor while the monitor may take it away.
//
// A goroutine that computes without calling goro, or blocks in a call that blocking() does not enclose, would keep its
// processor from everybody else. The monitor takes it away without the goroutine's help, and without a signal: the
// goroutine runs on, on its own thread, as C++ code may do at any time; only goro's own code needs the processor. So
// that is what must not happen at the same time:
//
//   worker, at the entry to the runtime         monitor, holding the scheduler's lock
//   1. inside = true                            1. claimed = true
//   2. light fence                              2. heavy fence
//   3. claimed? Then wait for the lock,         3. inside? Then leave it.
//      and let it go: it is decided                Else: held = null, hog = true, ask_to_yield
//   4. uses `held`, if it is not null           4. claimed = false
//   5. inside = false
//
// The fences make a store-load pair of 1 and 3: not both read false. If the monitor reads `inside` false, it has either
// read the value of a former step 5, whose release hands it everything that was done to the processor (worker-inside);
// or the worker has already come to step 1 again, whose store the monitor has missed: then the worker's step 3 finds
// `claimed` true and waits. A worker that finds `claimed` false reads it either from before the claim: then the monitor
// finds it inside; or from step 4, whose release hands it the decision (processor-claim).
//
// `inside` is written by the worker's own thread alone. It is true whenever the worker is at home, and while goroutines
// switch: who leaves a goroutine steps inside, and the one that goes on, maybe on another worker, steps outside there
// (dispatch.cpp, leave).
//
// A hog gets a processor back when it next stops or comes to a preemption point: an idle one, or it queues up like
// everybody else. In between it is a thread without a processor, like one inside blocking(), but may park, and then
// does.
//
// Rejected: a signal that makes the goroutine switch. It may hold malloc's lock, or be in the middle of a system call.
#pragma once

#include "platform/asymmetric_fence.hpp"
#include "sched/worker.hpp"

namespace goro::sched {

// handoff.cpp: waits until the monitor has decided.
void await_claim() noexcept;

// False: the worker was inside already, and who stepped in first steps out.
inline bool step_inside(worker& w) noexcept {
  if (w.inside.load(base::memory_order_relaxed)) {
    return false;
  }
  w.inside.store(true, base::memory_order_relaxed);
  platform::light_fence();
  if (w.claimed.load(base::memory_order_acquire)) [[unlikely]] {  // sync: processor-claim
    await_claim();
  }
  return true;
}

inline void step_outside(worker& w) noexcept {
  w.inside.store(false, base::memory_order_release);  // sync: worker-inside
}

// For a piece of code that uses the processor of the calling worker and does not leave the goroutine.
class inside_runtime {
 public:
  inside_runtime() noexcept : inside_runtime(this_worker()) {}
  explicit inside_runtime(worker* self) noexcept : worker_(self), entered_(self != nullptr && step_inside(*self)) {}
  inside_runtime(const inside_runtime&) = delete;
  inside_runtime& operator=(const inside_runtime&) = delete;
  ~inside_runtime() {
    if (entered_) {
      step_outside(*worker_);
    }
  }

  worker* self() const noexcept { return worker_; }  // null on a foreign thread
  processor* held() const noexcept { return worker_ != nullptr ? worker_->held : nullptr; }

 private:
  worker* const worker_;
  const bool entered_;
};

}  // namespace goro::sched
