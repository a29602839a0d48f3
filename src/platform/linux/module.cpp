#include "platform/module.hpp"

#include <dlfcn.h>
#include <sys/auxv.h>

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

bool is_linked_statically() noexcept { return ::getauxval(AT_BASE) == 0; }

}  // namespace goro::platform
