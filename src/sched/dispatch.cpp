// Leaving a goroutine and entering the next.
//
// A goroutine that stops (park, yield, end) chooses its successor itself and switches directly to it; only when its
// processor has nothing to run (next.cpp) does it switch to the worker's home stack, where the search goes on
// (find_work.cpp).
//
// What makes this safe: the leaving goroutine becomes reachable for others (queue, timer, unlocked wait list) only in
// the `after` callback, which runs on the next stack, when its own context is saved. Until then nobody can resume it.
//
// A fresh goroutine gets its stack here, when it first runs. One that ends while the successor is fresh too hands over
// its stack without any switch: a burst of short goroutines runs on one hot stack.
#include <cstring>
#include <new>
#include <string>

#include "goro/go.hpp"
#include "platform/race_report.hpp"
#include "platform/valgrind.hpp"
#include "sched/agent.hpp"
#include "sched/bubble.hpp"
#include "sched/inside.hpp"
#include "sched/inspect.hpp"
#include "sched/scheduler.hpp"

namespace goro::sched {
namespace {

void goroutine_entry(platform::after_switch after);

[[noreturn]] void fail_without_stack() noexcept {
  base::fatal_error("out of memory: cannot allocate a goroutine stack (" + std::to_string(count_goroutines()) +
                    " goroutines alive)");
}

// Binds a stack to a fresh goroutine: control block at the top, entry below.
goroutine& bind(processor& p, launch& record) noexcept {
  const auto c = static_cast<stack::size_class>(record.stack_class);
  const stack::slot slot = c == stack::default_class ? p.stacks.pop() : stack::take(c);
  if (!slot) [[unlikely]] {
    fail_without_stack();
  }
  platform::sanitizer_renew_stack(slot.limit(), slot.base + stack::slot_size(c));
  auto* place = slot.top() - sizeof(goroutine);
  auto& g = *::new (static_cast<void*>(place)) goroutine;
  g.stack = slot;
  g.record = &record;
  g.context = platform::make_context(g.stack_high(), &goroutine_entry);
  platform::sanitizer_create(g.fiber, slot.limit(), g.stack_high());
#if GORO_WITH_TSAN
  platform::sanitizer_describe(g.fiber, {record.id, record.creation, record.creator});
#endif
  return g;
}

// Debug builds: what a goroutine left behind on its stack is overwritten, as far as it usually gets. Who still refers
// to it reads nonsense, and not what was there; nor does the search for leaks take old handles for live ones. The
// control block stays: it says that nobody is there. (AddressSanitizer has its own way; its marks of dead frames are
// not to be written over.)
void poison(const stack::slot& slot, std::byte* high) noexcept {
  if constexpr (base::debug_build && !GORO_WITH_ASAN && !GORO_WITH_TSAN) {
    if (platform::runs_under_valgrind()) {  // which knows frames that are gone
      return;
    }
    constexpr std::size_t most = 8192;
    const std::size_t room = static_cast<std::size_t>(high - slot.limit()) / 2;
    const std::size_t size = room < most ? room : most;
    std::memset(high - size, poison_byte, size);
  }
}

void release_stack(void* ended) noexcept {
  auto& g = *static_cast<goroutine*>(ended);
  const stack::slot slot = g.stack;
  poison(slot, g.stack_high());
  platform::sanitizer_destroy(g.fiber);
  g.~goroutine();
  worker& w = *this_worker();
  if (w.held != nullptr) {
    w.held->stacks.push(slot);
  } else {
    stack::give_back(slot);  // its processor was taken away
  }
}

void release_stack_and_pass_on(void* ended) noexcept {
  auto* home = static_cast<bubble*>(const_cast<void*>(static_cast<goroutine*>(ended)->waits_for));
  release_stack(ended);
  home->pass_on(step_kind::end, nullptr);
}

// The switch itself. Not instrumented in race builds: ThreadSanitizer's shadow stack changes in the middle of it. Else
// part of its callers: nothing here, nor anywhere but in this_thread.cpp, names a thread_local, whose address the
// compiler might keep across the switch.
#if GORO_WITH_TSAN
[[gnu::noinline]] GORO_UNINSTRUMENTED
#else
inline
#endif
    platform::after_switch
    raw_switch(platform::context& from, platform::sanitizer_fiber& from_fiber, const platform::context& to,
               platform::sanitizer_fiber& to_fiber, bool from_ends, platform::after_switch after) noexcept {
  platform::sanitizer_before_switch(from_fiber, to_fiber, from_ends);
  after = platform::goro_switch_context(&from, &to, after);
  platform::sanitizer_after_switch(from_fiber);
  return after;
}

// Everything about `g` but the stack pointer: it runs on `w` from now on.
void make_current(worker& w, goroutine& g) noexcept {
  w.current = &g;
  g.on = &w;
  *w.exceptions = g.exceptions;
}

void switch_to_home(worker& w, goroutine& self, bool self_ends, platform::after_switch after) noexcept {
  self.exceptions = *w.exceptions;
  *w.exceptions = w.home_exceptions;
  w.current = nullptr;
  raw_switch(self.context, self.fiber, w.home, w.fiber, self_ends, after)();
}

[[gnu::always_inline]] inline void switch_to(worker& w, goroutine& self, goroutine& next, bool self_ends,
                                             platform::after_switch after) noexcept {
  self.exceptions = *w.exceptions;
  make_current(w, next);
  raw_switch(self.context, self.fiber, next.context, next.fiber, self_ends, after)();
}

// Can the worker enter `r` without its home stack's help? A goroutine locked to another thread must be passed on, and a
// new stack that is not at hand takes calls too deep for the stack of a goroutine about to park: they would cost it a
// page.
bool enterable(const worker& w, runnable r) noexcept {
  if (r.is_fresh()) {
    return r.as_launch().stack_class == stack::default_class && !w.held->stacks.empty();
  }
  return r.as_goroutine().locked_to == nullptr || r.as_goroutine().locked_to == &w;
}

goroutine& goroutine_of(worker& w, runnable r) noexcept {
  return r.is_fresh() ? bind(*w.held, r.as_launch()) : r.as_goroutine();
}

// Where no guard could be had (stack/guard.cpp) the words below the limit are looked at when the goroutine stops. What
// lay there is overwritten by now; going on would spread the damage.
void check_canary(const goroutine& self) noexcept {
  if (!stack::canary_intact(self.stack)) [[unlikely]] {
    base::fatal_error("stack overflow", "goro: goroutine " + std::to_string(self.record->id) + " stack exceeds " +
                                            std::to_string(stack::slot_size(self.stack.size)) + "-byte limit");
  }
}

[[gnu::always_inline]] inline void leave_current(worker& w, goroutine& self, platform::after_switch after) noexcept {
  check_canary(self);
  const runnable next = next_local(w);
  if (!next) {
    if (sched.stop_reason.load(base::memory_order_relaxed) == scheduler::forked) [[unlikely]] {
      fail_after_fork();
    }
    switch_to_home(w, self, false, after);
  } else if (!enterable(w, next)) [[unlikely]] {
    w.handed = next;
    switch_to_home(w, self, false, after);
  } else {
    switch_to(w, self, goroutine_of(w, next), false, after);
  }
}

// The thread waits for its goroutine; or it has no processor, and so nothing to go on with.
[[gnu::noinline]] void leave_for_nobody(worker& w, goroutine& self, platform::after_switch after) noexcept {
  check_canary(self);
  follow_request_to_yield(w);
  switch_to_home(w, self, false, after);
}

void run_record(goroutine& self) {
  launch& record = *self.record;
  step_outside(*self.on);
  platform::sanitizer_acquire(&record);  // the go statement happens before the start
  if (bubble* home = bubble::any() ? bubble::of(self) : nullptr) [[unlikely]] {
    home->run_record(self);
  } else {
    record.run(record);
  }
}

[[noreturn]] void goroutine_entry_loop() {
  goroutine& self = *this_worker()->current;
  for (;;) {
    run_record(self);
    finish(self);
  }
}

// The outermost frame of every goroutine. No handler and no cleanup here: see detail::closure::run.
void goroutine_entry(platform::after_switch after) {
  worker& w = *this_worker();
  platform::sanitizer_after_switch(w.current->fiber);
  after();
  w.held->stacks.prepare_next();  // now that nothing is locked
  goroutine_entry_loop();
}

// The same for a goroutine that goexit has unwound: its function does not run again.
void goroutine_entry_after_goexit(platform::after_switch) {
  finish(*this_worker()->current);
  goroutine_entry_loop();
}

// The goroutine's own end: what it held is given back. May run user code (destructors of goroutine-local values).
void drop_what_it_owned(goroutine& self) {
  if (self.local_storage != nullptr) [[unlikely]] {
    if (auto* destroy = local_storage_destroy_hook.load(base::memory_order_acquire)) {  // sync: hook
      destroy(self.local_storage);
    }
    self.local_storage = nullptr;
  }
}

void account_end(worker& w, goroutine& self) noexcept {
  drop_record(*self.record, w.held);
  self.record = nullptr;
  if (self.lock_depth != 0) [[unlikely]] {
    w.thread_must_end = true;  // the thread may carry state that nobody else must see
    w.locked_goroutine = nullptr;
  }
  if (w.held != nullptr) {
    count_up(w.held->ended);
  } else {
    sched.ended_elsewhere.fetch_add(1, base::memory_order_release);  // sync: goroutine-count
  }
  if (sched.main_goexit.load(base::memory_order_relaxed)) [[unlikely]] {
    fail_if_nothing_is_left();
  }
}

// Goes on as the fresh goroutine `record`, on the same stack.
void become(worker& w, goroutine& self, launch& record) noexcept {
  self.record = &record;
  self.ending_by_goexit = false;
  self.reason = wait_reason::none;
  *w.exceptions = {};
  platform::reset_float_control();
  if constexpr (GORO_WITH_ASAN != 0) {
    platform::sanitizer_become(self.fiber);
  }
}

// A stack goes on as the next fresh goroutine of its size; ThreadSanitizer wants a fiber, and so a stack, of its own
// for each.
bool can_become(const goroutine& self, runnable next) noexcept {
  return !GORO_WITH_TSAN && next.is_fresh() && next.as_launch().stack_class == self.stack.size;
}

}  // namespace

goroutine_entry_function goexit_entry() noexcept { return &goroutine_entry_after_goexit; }

bool is_goroutine_entry(const void* function_start) noexcept {
  return function_start == reinterpret_cast<const void*>(&goroutine_entry) ||
         function_start == reinterpret_cast<const void*>(&goroutine_entry_after_goexit) ||
         function_start == reinterpret_cast<const void*>(&goroutine_entry_loop);
}

void finish(goroutine& self) noexcept {
  drop_what_it_owned(self);
  bubble* const home = bubble::any() ? bubble::of(self) : nullptr;
  if (home != nullptr) [[unlikely]] {
    home->end_of(self);
  }
  worker& w = *self.on;
  step_inside(w);
  check_canary(self);
  account_end(w, self);
  if (home != nullptr) [[unlikely]] {
    self.waits_for = home;
    switch_to_home(w, self, true, {&release_stack_and_pass_on, &self});
  }
  const platform::after_switch free_stack{&release_stack, &self};
  if (w.thread_must_end || w.held == nullptr) [[unlikely]] {
    switch_to_home(w, self, true, free_stack);
  }
  const runnable next = next_local(w);
  if (!next) {
    switch_to_home(w, self, true, free_stack);
  } else if (can_become(self, next)) {
    become(w, self, next.as_launch());
    return;
  } else if (!enterable(w, next)) [[unlikely]] {
    w.handed = next;
    switch_to_home(w, self, true, free_stack);
  } else {
    switch_to(w, self, goroutine_of(w, next), true, free_stack);
  }
  __builtin_unreachable();
}

void leave(goroutine& self, platform::after_switch after) noexcept {
  worker& w = *self.on;
  step_inside(w);
  if (w.locked_goroutine == nullptr && w.held != nullptr) [[likely]] {
    leave_current(w, self, after);
  } else {
    leave_for_nobody(w, self, after);
  }
  step_outside(*self.on);
}

void leave_for_home(goroutine& self, platform::after_switch after) noexcept {
  worker& w = *self.on;
  step_inside(w);
  leave_for_nobody(w, self, after);
  step_outside(*self.on);
}

void enter_from_home(worker& w, runnable r) noexcept {
  goroutine& g = goroutine_of(w, r);
  if (r.is_fresh() && stack::stacks_ahead_state.load(base::memory_order_relaxed) == stack::stacks_ahead::wanted)
      [[unlikely]] {
    ask_for_stacks();
  }
  w.home_exceptions = *w.exceptions;
  make_current(w, g);
  begin_slice(*w.held);
  raw_switch(w.home, w.fiber, g.context, g.fiber, false, {})();
}

}  // namespace goro::sched
