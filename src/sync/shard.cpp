#include "goro/detail/shard.hpp"

#include "base/atomic.hpp"
#include "base/random.hpp"
#include "sched/agent.hpp"

namespace goro::detail {

unsigned shard_hint() noexcept { return sched::processor_hint(); }

bool one_in(unsigned n) noexcept {
  static base::atomic<std::uint64_t> calls{0};
  static const std::uint64_t seed = base::random_seed();
  base::random r(seed + calls.fetch_add(1, base::memory_order_relaxed) * 0x9E3779B97F4A7C15ULL);
  r.next();
  return r.below(n) == 0;
}

}  // namespace goro::detail
