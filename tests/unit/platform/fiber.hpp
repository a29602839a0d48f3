// A stack with a context on it, for tests: switched as the scheduler does it, sanitizers included.
#pragma once

#include <cstddef>
#include <functional>
#include <new>
#include <utility>

#include "platform/context.hpp"
#include "platform/os.hpp"
#include "platform/sanitizer.hpp"

namespace goro::platform {

// For ThreadSanitizer a switch orders nothing; switch_fiber() does, as the scheduler's queues would.
inline char switch_order;

struct fiber {
  context saved;
  sanitizer_fiber sanitizer;
  std::byte* low = nullptr;
  std::byte* high = nullptr;
  std::function<void()> body;  // must end by switching away for good
  bool ordered = true;         // its start comes after what the one did that switched to it

  static constexpr std::size_t stack_size = std::size_t{512} << 10;

  // The calling thread's own stack.
  fiber() { sanitizer_adopt_thread(sanitizer); }

  explicit fiber(std::function<void()> f) : body(std::move(f)) {
    low = reserve_memory(stack_size, page_size);
    high = low + stack_size;
    saved = make_context(high, &enter);
    sanitizer_create(sanitizer, low, high);
  }
  fiber(const fiber&) = delete;
  fiber& operator=(const fiber&) = delete;
  ~fiber() {
    if (low != nullptr) {
      sanitizer_destroy(sanitizer);
      release_memory(low, stack_size);
    }
  }

  bool contains(const void* address) const {
    return address >= static_cast<const void*>(low) && address < static_cast<const void*>(high);
  }

  static inline fiber* entering = nullptr;
  GORO_UNINSTRUMENTED static void enter(after_switch after) {
    fiber& self = *entering;
    sanitizer_after_switch(self.sanitizer);
    if (self.ordered) {
      sanitizer_acquire(&switch_order);
    }
    run(self, after);
  }
  [[gnu::noinline]] static void run(fiber& self, after_switch after) {
    after();
    self.body();
    __builtin_trap();
  }
};

GORO_UNINSTRUMENTED inline after_switch raw_switch(fiber& from, fiber& to, bool ends, after_switch after) noexcept {
  fiber::entering = &to;
  sanitizer_before_switch(from.sanitizer, to.sanitizer, ends);
  after = goro_switch_context(&from.saved, &to.saved, after);
  sanitizer_after_switch(from.sanitizer);
  return after;
}

[[gnu::noinline]] inline void switch_fiber(fiber& from, fiber& to, after_switch after = {}) {
  sanitizer_release(&switch_order);
  after = raw_switch(from, to, false, after);
  sanitizer_acquire(&switch_order);
  after();
}

[[gnu::noinline]] inline void end_fiber(fiber& from, fiber& to, after_switch after = {}) {
  sanitizer_release(&switch_order);
  raw_switch(from, to, true, after);
}

[[gnu::noinline]] inline void switch_unordered(fiber& from, fiber& to) { raw_switch(from, to, false, {})(); }

}  // namespace goro::platform
