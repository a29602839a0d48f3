// The model build's pair of fences: the light one is nothing at all, the heavy one reaches everybody.
#pragma once

#include "base/atomic.hpp"

namespace goro::platform {

enum class fence_result : std::uint8_t { done, failed_now, refused };
inline void light_fence() noexcept {}
inline void prepare_heavy_fence() noexcept {}
inline fence_result heavy_fence(model::place where = model::place::current()) noexcept {
  model::fence_everywhere(where);
  return fence_result::done;
}

}  // namespace goro::platform
