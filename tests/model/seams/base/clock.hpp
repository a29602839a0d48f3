// The model build's time: it passes only while nobody can do anything else.
#pragma once

#include <cstdint>

#include "engine/execution.hpp"

namespace goro::base {

using nanoseconds = std::int64_t;
inline constexpr nanoseconds never = INT64_MAX;
inline nanoseconds now_ns() noexcept { return model::now(); }

}  // namespace goro::base
