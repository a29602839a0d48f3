// What AddressSanitizer and ThreadSanitizer must be told about stacks that change. Empty in other builds.
//
// Order at a switch from A to B:  A: before_switch(A, B's stack)   B: after_switch_in(B).
#pragma once

#include <cstddef>

#include "goro/detail/config.hpp"

namespace goro::platform {

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

#if GORO_WITH_TSAN || GORO_WITH_ASAN

void sanitizer_adopt_thread(sanitizer_fiber& fiber) noexcept;  // the calling thread's own stack
void sanitizer_create(sanitizer_fiber& fiber, const std::byte* low, const std::byte* high) noexcept;
void sanitizer_destroy(sanitizer_fiber& fiber) noexcept;       // not the running one

// `from_ends`: the stack switched away from is dead (its fake frames are freed).
void sanitizer_before_switch(sanitizer_fiber& from, const sanitizer_fiber& to, bool from_ends) noexcept;
void sanitizer_after_switch(sanitizer_fiber& to) noexcept;

// All frames in [low, high) are gone without having returned: their red zones are clean stack again.
void sanitizer_unpoison_stack(std::byte* low, std::byte* high) noexcept;

// Happens-before edges that the sanitizer cannot see by itself (go statement and the like).
void sanitizer_release(void* address) noexcept;
void sanitizer_acquire(void* address) noexcept;

#else

inline void sanitizer_adopt_thread(sanitizer_fiber&) noexcept {}
inline void sanitizer_create(sanitizer_fiber&, const std::byte*, const std::byte*) noexcept {}
inline void sanitizer_destroy(sanitizer_fiber&) noexcept {}
inline void sanitizer_before_switch(sanitizer_fiber&, const sanitizer_fiber&, bool) noexcept {}
inline void sanitizer_after_switch(sanitizer_fiber&) noexcept {}
inline void sanitizer_unpoison_stack(std::byte*, std::byte*) noexcept {}
inline void sanitizer_release(void*) noexcept {}
inline void sanitizer_acquire(void*) noexcept {}

#endif

}  // namespace goro::platform
