// The model build's time as the caller sees it: nobody is in a bubble.
#pragma once

#include "base/clock.hpp"

namespace goro::base {
inline nanoseconds local_now_ns() noexcept { return now_ns(); }
}  // namespace goro::base
