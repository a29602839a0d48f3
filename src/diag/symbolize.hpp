// From an address in the code to function, file and line.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/function_ref.hpp"
#include "diag/demangle.hpp"

namespace goro::diag {

struct source_frame {
  std::string_view function;  // readable (function_name.hpp); empty: unknown
  std::string_view file;      // the module's path when the source file is unknown; empty: unknown
  int line;                   // 0: unknown
  std::uintptr_t offset;      // of the address in the function, or in the module when that is unknown
  bool takes_parameters;
  bool inlined;    // the code stands in the function given next
  bool machinery;  // traces leave it out
};

// Calls `each` for the functions that the instruction at `address` belongs to: the inlined ones, innermost first, then
// the one that exists. Views are valid during the call only. Without libbacktrace: one frame without file and line.
void symbolize(std::uintptr_t address, heap h, base::function_ref<void(const source_frame&)> each) noexcept;

}  // namespace goro::diag
