// What AddressSanitizer and ThreadSanitizer must be told about stacks that change. Empty in other builds.
//
// A switch from A to B, in this order and in one function that is GORO_UNINSTRUMENTED:
//     sanitizer_before_switch(A, B, A ends);
//     after = goro_switch_context(&A, &B, after);  // A stands still here until somebody switches back to it
//     sanitizer_after_switch(A);                   // A runs again; a new context's entry function calls it for itself
//
// Why uninstrumented: code compiled for ThreadSanitizer pushes each function on the *current fiber's* shadow call stack
// at entry and pops it at exit. The function that switches must neither push nor pop, or it would push on A's and pop
// from B's. Its callers may be instrumented: they push on A's before and pop from A's when A goes on.
// sanitizer_become() changes the fiber *under* its callers, so there every function from it down to the goroutine's
// entry (the caller, its callers, the entry function itself) must be GORO_UNINSTRUMENTED.
#pragma once

#include <cstddef>

#include "goro/detail/config.hpp"

// Before a function: keeps ThreadSanitizer's entry and exit hooks out of it. (Clang's no_sanitize("thread") would still
// emit them; g++ has no disable_sanitizer_instrumentation.) noinline, or it would share its caller's hooks.
#if GORO_WITH_TSAN && defined(__clang__)
#define GORO_UNINSTRUMENTED __attribute__((noinline, disable_sanitizer_instrumentation))
#elif GORO_WITH_TSAN
#define GORO_UNINSTRUMENTED __attribute__((noinline, no_sanitize("thread")))
#else
#define GORO_UNINSTRUMENTED
#endif

namespace goro::platform {

struct goroutine_label;  // race_report.hpp

// One per stack that code runs on: each goroutine's and each worker's own.
struct sanitizer_fiber {
#if GORO_WITH_TSAN
  void* tsan = nullptr;
#endif
#if GORO_WITH_ASAN
  void* fake_stack = nullptr;
  const void* bottom = nullptr;
  std::size_t size = 0;
#endif
};

#if GORO_WITH_ASAN || GORO_WITH_TSAN

void sanitizer_adopt_thread(sanitizer_fiber& fiber) noexcept;  // the calling thread's own stack; before any other call
void sanitizer_create(sanitizer_fiber& fiber, const std::byte* low, const std::byte* high) noexcept;
void sanitizer_destroy(sanitizer_fiber& fiber) noexcept;                                 // not the running one
void sanitizer_describe(sanitizer_fiber& fiber, const goroutine_label& label) noexcept;  // for reports

// `from_ends`: the stack switched away from is dead (its fake frames are freed).
void sanitizer_before_switch(sanitizer_fiber& from, const sanitizer_fiber& to, bool from_ends) noexcept;
void sanitizer_after_switch(sanitizer_fiber& to) noexcept;

// The running stack goes on as another goroutine: ThreadSanitizer gets a new fiber, which nothing that the old one did
// happens before.
void sanitizer_become(sanitizer_fiber& fiber) noexcept;

// All frames in [low, high) are gone without having returned: their red zones are clean stack again.
void sanitizer_unpoison_stack(std::byte* low, std::byte* high) noexcept;

// A stack that served another goroutine: what that one did there is no part of the next one's history. Zeroes the
// memory.
void sanitizer_renew_stack(std::byte* low, std::byte* high) noexcept;

// In a race build, for code of the runtime that is guarded by locks ThreadSanitizer does not see, and calls functions
// that it does see (memmove, operator new): they go unobserved for the lifetime of this object.
// Does nothing inside of a race report (inside_race_report()).
// With AddressSanitizer: what is allocated meanwhile counts as held.
class [[nodiscard]] sanitizer_unobserved {
 public:
  sanitizer_unobserved() noexcept;
  ~sanitizer_unobserved();
  sanitizer_unobserved(const sanitizer_unobserved&) = delete;
  sanitizer_unobserved& operator=(const sanitizer_unobserved&) = delete;

 private:
  bool in_report_ = false;
};

// Memory of the runtime that may hold the only pointer to something on the heap (stacks, records of goroutines):
// LeakSanitizer reads it when it looks for leaks, so none of it may fault but what the memory map says so.
void sanitizer_add_root(const std::byte* base, std::size_t size) noexcept;
void sanitizer_remove_root(const std::byte* base, std::size_t size) noexcept;

// Happens-before edges that the sanitizer cannot see by itself (go statement and the like).
void sanitizer_release(void* address) noexcept;
void sanitizer_acquire(void* address) noexcept;

// An access to memory of the program, made by goro in the call that returns to `return_address`. So that misuse is
// reported which no memory of the program shows, as a send beside a close.
void sanitizer_note_read(void* address, void* return_address) noexcept;
void sanitizer_note_write(void* address, void* return_address) noexcept;

// The calling goroutine, for whoever acts in its name while it stands still. Null: nobody can.
void* sanitizer_self(bool is_goroutine) noexcept;

// For its lifetime, edges are those of another goroutine, which stands still. Nothing that switches may be called
// meanwhile.
class [[nodiscard]] sanitizer_stand_in {
 public:
  explicit sanitizer_stand_in(void* self_of_other) noexcept;
  ~sanitizer_stand_in();
  sanitizer_stand_in(const sanitizer_stand_in&) = delete;
  sanitizer_stand_in& operator=(const sanitizer_stand_in&) = delete;

 private:
  void* own_ = nullptr;
};

#else

inline void sanitizer_adopt_thread(sanitizer_fiber&) noexcept {}
inline void sanitizer_create(sanitizer_fiber&, const std::byte*, const std::byte*) noexcept {}
inline void sanitizer_destroy(sanitizer_fiber&) noexcept {}
inline void sanitizer_describe(sanitizer_fiber&, const goroutine_label&) noexcept {}
inline void sanitizer_before_switch(sanitizer_fiber&, const sanitizer_fiber&, bool) noexcept {}
inline void sanitizer_after_switch(sanitizer_fiber&) noexcept {}
inline void sanitizer_become(sanitizer_fiber&) noexcept {}
inline void sanitizer_unpoison_stack(std::byte*, std::byte*) noexcept {}
inline void sanitizer_renew_stack(std::byte*, std::byte*) noexcept {}
struct [[maybe_unused]] sanitizer_unobserved {};
inline void sanitizer_add_root(const std::byte*, std::size_t) noexcept {}
inline void sanitizer_remove_root(const std::byte*, std::size_t) noexcept {}
inline void sanitizer_release(void*) noexcept {}
inline void sanitizer_acquire(void*) noexcept {}
inline void sanitizer_note_read(void*, void*) noexcept {}
inline void sanitizer_note_write(void*, void*) noexcept {}
inline void* sanitizer_self(bool) noexcept { return nullptr; }
struct [[maybe_unused]] sanitizer_stand_in {
  explicit sanitizer_stand_in(void*) noexcept {}
};

#endif

}  // namespace goro::platform
