// From an address to the chunk that contains it, in two loads.
#pragma once

#include <cstddef>

#include "stack/stack.hpp"

namespace goro::stack {

struct chunk;

struct place {
  chunk* owner = nullptr;  // null: no chunk of the arena
  size_class size = 0;
};

// Async-signal-safe, without locks: two loads, never a look into the chunk itself.
place find_place(const std::byte* address) noexcept;

// Enters a new chunk. False when memory for the table is refused (nothing is entered then).
// A chunk must be known before its slots are handed out, and leaves when none is taken.
bool enter_chunk(chunk& c) noexcept;
void leave_chunk(const chunk& c) noexcept;

}  // namespace goro::stack
