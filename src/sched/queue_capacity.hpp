// How many entries a processor's queues hold before they overflow into the global one (Go's runq has as many). Powers
// of two.
#pragma once

#include <cstdint>

namespace goro::sched {

inline constexpr std::uint32_t run_queue_capacity = 256;
inline constexpr std::uint32_t fresh_stack_capacity = 256;

}  // namespace goro::sched
