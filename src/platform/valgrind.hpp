// What Valgrind must be told: it takes a large change of the stack pointer for a large frame, unless it knows both
// places as stacks. The stacks that signals are handled on are not announced: each signal would be one more switch, and
// Valgrind, which ignores the first change of the stack pointer after a switch, would miss a frame of the goroutine
// that goes on (docs/DEBUGGING.md). Nothing is done, and little spent, when the program does not run under it, or its
// header was not there when goro was compiled.
#pragma once

#include <cstddef>
#include <cstdint>

namespace goro::platform {

bool runs_under_valgrind() noexcept;

// [low, high) is a stack from now on; returns its number for forget_stack. Only under Valgrind.
std::uint32_t valgrind_note_stack(const std::byte* low, const std::byte* high) noexcept;
void valgrind_forget_stack(std::uint32_t number) noexcept;

}  // namespace goro::platform
