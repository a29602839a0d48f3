// Seam: the only way to the time of day inside goro.
#pragma once

#include <chrono>
#include <cstdint>

namespace goro::base {

inline std::int64_t unix_seconds() noexcept {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace goro::base
