// What stops a stack from growing into its neighbour.
#pragma once

#include <cstddef>

#include "stack/chunk.hpp"

namespace goro::stack {

inline constexpr std::size_t guards_at_once = 64;  // by one call of the kernel

// Makes sure that each of the slots, just taken by the caller, has a guard; most have one from earlier lives.
void guard_slots(size_class c, std::byte* const* bases, std::size_t count) noexcept;

// The chunk's mapping is gone, and with it what its guards cost.
void forget_guards(const chunk& c) noexcept;

}  // namespace goro::stack
