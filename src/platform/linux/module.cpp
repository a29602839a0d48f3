#include "platform/module.hpp"

#include <dlfcn.h>

namespace goro::platform {

bool find_module(std::uintptr_t address, module_symbol& found) noexcept {
  Dl_info info{};
  if (::dladdr(reinterpret_cast<const void*>(address), &info) == 0) {
    return false;
  }
  found.module = info.dli_fname;
  found.module_base = reinterpret_cast<std::uintptr_t>(info.dli_fbase);
  found.symbol = info.dli_sname;
  found.symbol_start = reinterpret_cast<std::uintptr_t>(info.dli_saddr);
  return true;
}

}  // namespace goro::platform
