// Small queues, for the model build.
#pragma once

#include <cstdint>

namespace goro::sched {

inline constexpr std::uint32_t run_queue_capacity = 4;
inline constexpr std::uint32_t fresh_stack_capacity = 2;

}  // namespace goro::sched
