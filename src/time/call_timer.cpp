// Timers that call a function: after_func.
//
// One block holds the alarm and the function. It has a reference for each handle, one for a pending alarm, and one for
// each goroutine that calls the function. The firing passes the pending alarm's on to the goroutine; who stops the
// alarm gives it back.
#include <new>
#include <string>

#include "goro/go.hpp"
#include "goro/time.hpp"
#include "platform/sanitizer.hpp"
#include "sched/alarm.hpp"
#include "sched/block.hpp"
#include "sched/scheduler.hpp"

namespace goro::detail {

using sched::alarm;
using sched::alarm_state;

class call_timer {
 public:
  call_timer(const timed_call& functions, std::size_t size, std::size_t alignment, void* function) noexcept
      : functions_(functions), size_(size), alignment_(alignment), function_(function) {}

  static call_timer& of(alarm& clock) noexcept { return reinterpret_cast<call_timer&>(clock); }  // its first member

  alarm& clock() noexcept { return clock_; }
  void call() { functions_.call(function_); }

  void set_creator(const void* creator) noexcept {
    creator_ = creator;
    creator_id_ = goroutine_id();
  }

  void retain() noexcept { references_.fetch_add(1, base::memory_order_relaxed); }
  void release() noexcept {
    platform::sanitizer_release(&references_);
    if (references_.fetch_sub(1, base::memory_order_acq_rel) == 1) {  // sync: call-timer-references
      platform::sanitizer_acquire(&references_);
      functions_.destroy(function_);
      free();
    }
  }
  void free() noexcept {
    const std::size_t size = size_;
    const std::size_t alignment = alignment_;
    this->~call_timer();
    sched::give_block(this, size, alignment);
  }

 private:
  static bool claim(alarm&) noexcept { return true; }  // the pending alarm's reference is now the firing's
  static void ring(alarm& clock, std::uint32_t due, base::nanoseconds now) noexcept;
  static constexpr sched::alarm_functions alarm_functions{&claim, &ring};

  alarm clock_{alarm_functions};
  const timed_call& functions_;
  base::atomic<std::size_t> references_{1};
  const std::size_t size_;  // of the block
  const std::size_t alignment_;
  void* const function_;
  const void* creator_ = nullptr;  // where after_func was called,
  std::uint64_t creator_id_ = 0;   // and by whom
};

namespace {

// What the goroutine does.
struct call_and_release {
  call_timer* timer;

  void operator()() const {
    struct at_end {
      call_timer* timer;
      ~at_end() { timer->release(); }
    } end{timer};
    timer->call();
  }
};

launch_header* make_call(call_timer& timer) noexcept {
  using closure_type = closure<call_and_release>;
  launch_header* record = nullptr;
  try {
    record = make_launch(closure_type::offset(), sizeof(closure_type), alignof(closure_type), nullptr);
  } catch (const std::bad_alloc&) {
    base::fatal_error("out of memory: cannot allocate a goroutine for after_func");
  }
  ::new (static_cast<void*>(reinterpret_cast<std::byte*>(record) + closure_type::offset()))
      closure_type{call_and_release{&timer}, {}};
  record->run = &closure_type::run;
  return record;
}

}  // namespace

void call_timer::ring(alarm& clock, std::uint32_t, base::nanoseconds) noexcept {
  call_timer& self = of(clock);
  sched::queue_launch_of_alarm(*make_call(self), self.creator_, self.creator_id_, clock.home());
}

call_timer* make_call_timer(std::size_t size, std::size_t alignment, const timed_call& functions, void** room) {
  const std::size_t block_alignment = alignment > alignof(call_timer) ? alignment : alignof(call_timer);
  const std::size_t offset = (sizeof(call_timer) + alignment - 1) / alignment * alignment;
  void* block = sched::take_block(offset + size, block_alignment);
  *room = static_cast<std::byte*>(block) + offset;
  return ::new (block) call_timer(functions, offset + size, block_alignment, *room);
}

void free_call_timer(call_timer* timer) noexcept { timer->free(); }

void start_call_timer(call_timer& timer, std::int64_t delay_ns, const void* creator) noexcept {
  timer.set_creator(creator);
  timer.retain();
  timer.clock().start(deadline_after_ns(delay_ns));
}

bool stop_call_timer(call_timer& timer) noexcept {
  if (timer.clock().stop() != alarm_state::pending) {
    return false;
  }
  timer.release();
  return true;
}

bool reset_call_timer(call_timer& timer, std::int64_t delay_ns) noexcept {
  const base::nanoseconds deadline = deadline_after_ns(delay_ns);
  if (timer.clock().move_if_pending(deadline)) {
    return true;
  }
  timer.retain();  // before the start: the firing may follow at once
  if (timer.clock().start(deadline) != alarm_state::pending) {
    return false;
  }
  timer.release();
  return true;
}

void retain_call_timer(call_timer& timer) noexcept { timer.retain(); }
void release_call_timer(call_timer& timer) noexcept { timer.release(); }

}  // namespace goro::detail
