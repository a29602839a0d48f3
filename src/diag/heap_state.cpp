#include "diag/heap_state.hpp"

#include <algorithm>
#include <cstdlib>

#include "platform/module.hpp"

namespace goro::diag {

heap heap_during(const call_stack& interrupted) noexcept {
  // malloc calls nothing of the program, so it is at the inner end or not on the stack at all.
  constexpr std::size_t deepest = 16;
  platform::module_symbol allocator;
  if (!platform::find_module(reinterpret_cast<std::uintptr_t>(&std::malloc), allocator)) {
    return heap::locked;
  }
  for (std::size_t i = 0; i < std::min(interrupted.size(), deepest); ++i) {
    platform::module_symbol m;
    if (platform::find_module(interrupted[i].where(), m) && m.module_base == allocator.module_base) {
      return heap::locked;
    }
  }
  return heap::usable;
}

}  // namespace goro::diag
