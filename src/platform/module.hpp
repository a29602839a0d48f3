// Which program or shared object an address of code belongs to.
#pragma once

#include <cstdint>

namespace goro::platform {

struct module_symbol {
  const char* module;  // path of the program or shared object
  std::uintptr_t module_base;
  const char* symbol;  // nearest exported symbol that covers the address, as the linker knows it; null: none
  std::uintptr_t symbol_start;
};

// Asks the dynamic loader. False when no loaded module covers the address. Takes the loader's lock, no memory.
bool find_module(std::uintptr_t address, module_symbol& found) noexcept;

// Was the program linked without a dynamic loader (-static)? Its unwind information is then registered by hand, and
// unwinders look it up under a lock.
bool is_linked_statically() noexcept;

}  // namespace goro::platform
