#include "diag/spare_memory.hpp"

#include <cstddef>

#include "base/atomic.hpp"
#include "platform/os.hpp"

namespace goro::diag {
namespace {

constexpr std::size_t spare_size = std::size_t{32} << 20;  // libbacktrace maps whole debug sections

base::atomic<std::byte*> spare{nullptr};

}  // namespace

void set_spare_memory_aside() noexcept {
  spare.store(platform::reserve_memory(spare_size, platform::page_size),
              base::memory_order_release);  // sync: spare-memory
}

void release_spare_memory() noexcept {
  std::byte* memory = spare.exchange(nullptr, base::memory_order_acquire);  // sync: spare-memory
  if (memory != nullptr) {
    platform::release_memory(memory, spare_size);
  }
}

}  // namespace goro::diag
