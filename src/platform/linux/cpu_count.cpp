#include <sched.h>
#include <algorithm>
#include <cerrno>

#include "platform/linux/cgroup.hpp"
#include "platform/os.hpp"

namespace goro::platform {
namespace {

// CPUs in the affinity mask. The kernel refuses a mask that is too short for its CPUs: try longer ones.
unsigned affinity_count() noexcept {
  for (int cpus = 1024; cpus <= (1 << 20); cpus *= 4) {
    cpu_set_t* set = CPU_ALLOC(static_cast<std::size_t>(cpus));
    if (set == nullptr) {
      break;
    }
    const std::size_t size = CPU_ALLOC_SIZE(static_cast<std::size_t>(cpus));
    const bool known = ::sched_getaffinity(0, size, set) == 0;
    const bool longer = !known && errno == EINVAL;
    const unsigned count = known ? static_cast<unsigned>(CPU_COUNT_S(size, set)) : 1;
    CPU_FREE(set);
    if (!longer) {
      return count;
    }
  }
  return 1;
}

}  // namespace

unsigned usable_processors() noexcept {
  const unsigned allowed = std::max(affinity_count(), 1U);
  const unsigned quota = cgroup_processors("");
  return quota == 0 ? allowed : std::min(allowed, quota);
}

}  // namespace goro::platform
