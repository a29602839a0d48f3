// Counts what a test program allocates. Replaces the global operators, so it is for the one source file of a program.
// All of them: AddressSanitizer minds memory that one kind gave and another takes back.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <goro/detail/config.hpp>
#include <new>

namespace support {

// In a race build the global operators are ThreadSanitizer's, and nothing is counted.
inline constexpr bool counts_allocations = GORO_WITH_TSAN == 0;

inline std::atomic<long> allocations{0};
inline std::atomic<long> allocations_in_use{0};

inline void* count_allocation(std::size_t size, std::size_t alignment) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  allocations_in_use.fetch_add(1, std::memory_order_relaxed);
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  return alignment <= alignof(std::max_align_t) ? std::malloc(size != 0 ? size : 1)
                                                : std::aligned_alloc(alignment, rounded != 0 ? rounded : alignment);
}

inline void* count_allocation_or_throw(std::size_t size, std::size_t alignment) {
  if (void* memory = count_allocation(size, alignment)) {
    return memory;
  }
  throw std::bad_alloc();
}

inline void count_release(void* memory) noexcept {
  if (memory != nullptr) {
    allocations_in_use.fetch_sub(1, std::memory_order_relaxed);
    std::free(memory);
  }
}

}  // namespace support

#if !GORO_WITH_TSAN
[[gnu::noinline]] void* operator new(std::size_t size) { return support::count_allocation_or_throw(size, 1); }
[[gnu::noinline]] void* operator new[](std::size_t size) { return support::count_allocation_or_throw(size, 1); }
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return support::count_allocation(size, 1);
}
[[gnu::noinline]] void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return support::count_allocation(size, 1);
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  return support::count_allocation_or_throw(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return support::count_allocation(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { support::count_release(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { support::count_release(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { support::count_release(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept { support::count_release(memory); }
[[gnu::noinline]] void operator delete(void* memory, const std::nothrow_t&) noexcept { support::count_release(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept { support::count_release(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  support::count_release(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  support::count_release(memory);
}
#endif
