#include "goro/detail/deadline.hpp"

#include "base/local_time.hpp"

namespace goro::detail {

static_assert(never_ns == base::never);

std::int64_t local_now_ns() noexcept { return base::local_now_ns(); }

std::int64_t deadline_after_ns(std::int64_t ns) noexcept {
  const std::int64_t now = base::local_now_ns();
  if (ns <= 0) {
    return now;
  }
  return now > never_ns - ns ? never_ns : now + ns;
}

}  // namespace goro::detail
