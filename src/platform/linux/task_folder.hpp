// The threads of the process, as the kernel lists them in /proc. Nothing here allocates.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/function_ref.hpp"

namespace goro::platform {

// The thread's file `name` ("/stat"), as far as it fits; empty when there is none, or it may not be read.
std::string_view read_task_file(int thread, std::string_view name, std::span<char> buffer) noexcept;

struct task_state {
  static constexpr long runs = -1;  // or waits for memory
  static constexpr long not_told = -2;

  int thread;
  long call;                       // the system call in which it sleeps, or one of these
  const std::byte* stack_pointer;  // when it went to sleep; null: it runs
};

task_state state_of_task(int thread) noexcept;

// All threads but the calling one. False when the system does not tell.
bool for_each_other_task(base::function_ref<void(const task_state&)> each) noexcept;

// True also when the system does not tell.
bool blocks_signal(int thread, int signal) noexcept;

}  // namespace goro::platform
