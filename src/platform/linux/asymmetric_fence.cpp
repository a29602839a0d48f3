#include "platform/asymmetric_fence.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/faults.hpp"

namespace goro::platform {
namespace {

bool membarrier(int command) noexcept {
  return !denied(service::membarrier) && ::syscall(SYS_membarrier, command, 0, 0) == 0;
}

}  // namespace

constinit base::atomic<bool> light_fence_must_be_full{false};

void prepare_heavy_fence() noexcept {
  if (!membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)) {
    light_fence_must_be_full.store(true, base::memory_order_relaxed);
  }
}

bool heavy_fence() noexcept {
  if (light_fence_must_be_full.load(base::memory_order_relaxed)) {
    base::store_load_fence();
    return true;
  }
  return membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}

}  // namespace goro::platform
