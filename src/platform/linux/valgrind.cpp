#include "platform/valgrind.hpp"

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif

namespace goro::platform {

#ifdef RUNNING_ON_VALGRIND

bool runs_under_valgrind() noexcept { return RUNNING_ON_VALGRIND != 0; }

std::uint32_t valgrind_note_stack(const std::byte* low, const std::byte* high) noexcept {
  return static_cast<std::uint32_t>(VALGRIND_STACK_REGISTER(low, high));
}

void valgrind_forget_stack(std::uint32_t number) noexcept { VALGRIND_STACK_DEREGISTER(number); }

#else

bool runs_under_valgrind() noexcept { return false; }
std::uint32_t valgrind_note_stack(const std::byte*, const std::byte*) noexcept { return 0; }
void valgrind_forget_stack(std::uint32_t) noexcept {}

#endif

}  // namespace goro::platform
