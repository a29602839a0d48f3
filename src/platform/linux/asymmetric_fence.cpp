#include "platform/asymmetric_fence.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "platform/faults.hpp"

namespace goro::platform {
namespace {

fence_result membarrier(int command) noexcept {
  if (denied(service::membarrier)) {
    return fence_result::refused;
  }
  if (::syscall(SYS_membarrier, command, 0, 0) == 0) {
    return fence_result::done;
  }
  return errno == ENOMEM ? fence_result::failed_now : fence_result::refused;
}

}  // namespace

constinit base::atomic<bool> light_fence_must_be_full{false};

void prepare_heavy_fence() noexcept {
  if (membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) != fence_result::done) {
    light_fence_must_be_full.store(true, base::memory_order_relaxed);
  }
}

fence_result heavy_fence() noexcept {
  if (light_fence_must_be_full.load(base::memory_order_relaxed)) {
    base::store_load_fence();
    return fence_result::done;
  }
  return membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}

}  // namespace goro::platform
