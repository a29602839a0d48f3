// A walk through all memory in which something may be kept while the world stands still: all private writable memory of
// the process, and of stacks what lies above the stack pointer.
#pragma once

#include <cstdint>
#include <span>

#include "base/function_ref.hpp"
#include "diag/snapshot.hpp"
#include "platform/own_memory.hpp"

namespace goro::diag {

class memory_walk {
 public:
  using word = std::uintptr_t;
  // A run of words, and the address of the first.
  using visitor = base::function_ref<void(word at, std::span<const word> words)>;

  // Of the caller's stack what lies above `here`.
  memory_walk(const snapshot& all, scratch& memory, word here) noexcept : all_(all), memory_(memory), here_(here) {}

  // Shows `visit` everything but the stacks of goroutines that `leave_out` names. False: it is not complete.
  bool run(base::function_ref<bool(const seen_goroutine&)> leave_out, visitor visit) noexcept;

 private:
  struct thread_stack {
    word used_from;
    thread_stack* next;
  };

  bool list_thread_stacks() noexcept;
  void show_stack_of(const seen_goroutine& g, visitor visit) noexcept;
  void show_range(word low, word high, platform::memory_range mapping, visitor visit) noexcept;
  void show(word low, word high, visitor visit) noexcept;

  const snapshot& all_;
  scratch& memory_;
  const word here_;
  word* buffer_ = nullptr;
  thread_stack* threads_ = nullptr;
};

}  // namespace goro::diag
