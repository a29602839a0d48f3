// Context switch: callee-saved registers only, between stacks that goro owns or borrows.
//
// A `context` is the stack pointer of code that called switch_context; everything else lies on that stack.
// What must happen once the old stack is no longer in use (unlock, publish, free it) travels along as `after`:
// it runs on the *target's* stack, first thing after the switch. So nobody can resume a context before it is saved.
#pragma once

#include <cstddef>

namespace goro::platform {

// Floating-point control (rounding, traps, flushing) belongs to the context, as the ABIs ask of callee-saved state. A
// new context starts with the defaults of a new process. Costs and how they were measured: <arch>/context.S,
// bench/context_switch.
struct context {
  void* stack_pointer = nullptr;
};

// A call to make on the target's stack right after a switch. `call` may be null.
struct after_switch {
  void (*call)(void* argument) = nullptr;
  void* argument = nullptr;

  void operator()() const {
    if (call != nullptr) {
      call(argument);
    }
  }
};

// Saves the caller in *from, continues at *to, and there returns `after` (in registers).
// The caller runs what it gets back. Implemented in <arch>/context.S.
[[gnu::visibility("hidden")]] after_switch goro_switch_context(context* from, const context* to,
                                                               after_switch after) noexcept asm("goro_switch_context");

// Prepares `stack_top` (16-byte aligned, exclusive) so that the first switch to the result calls entry(after)
// there. `entry` must not return. Unwinders see the entry as the outermost frame.
context make_context(std::byte* stack_top, void (*entry)(after_switch)) noexcept;

// Calls call(argument) on the caller's stack, such that unwinders see `parked` as the caller: beyond this function they
// go on where the context was saved. So whoever makes sure that nobody resumes it can trace the calls on its stack
// without touching it. The call must return. Implemented in <arch>/context.S.
[[gnu::visibility("hidden")]] void goro_call_beneath(const context* parked, void (*call)(void*),
                                                     void* argument) asm("goro_call_beneath");

// For a stack that goes on as another goroutine without a switch: the floating-point control of a new context.
void reset_float_control() noexcept;

}  // namespace goro::platform
