#include "diag/machinery.hpp"

#include <algorithm>
#include <array>

namespace goro::diag {
namespace {

template <std::size_t N>
bool starts_with_any(std::string_view name, const std::array<std::string_view, N>& prefixes) noexcept {
  return std::any_of(prefixes.begin(), prefixes.end(), [name](std::string_view p) { return name.starts_with(p); });
}

template <std::size_t N>
bool is_any(std::string_view name, const std::array<std::string_view, N>& names) noexcept {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Public classes (`goro::mutex::unlock`) are shown, as Go shows sync.(*Mutex).Unlock.
bool is_inside_goro(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 12> inside = {
      "goro::base::",     "goro::detail::", "goro::diag::",        "goro::debug::",
      "goro::platform::", "goro::sched::",  "goro::stack::",       "goro::timer::",
      "goro::blocking<",  "goro::run<",     "goro_switch_context", "goro_context_entry",
  };
  constexpr std::array<std::string_view, 3> entries = {"goro::go<...>", "goro::async<...>", "goro::goexit"};
  if (starts_with_any(name, inside) || is_any(name, entries)) {
    return true;
  }
  return name.starts_with("goro::") && (name.ends_with("_slow") || name.find("{lambda") != std::string_view::npos);
}

bool is_language_support(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 11> prefixes = {
      "std::__",
      "std::_",
      "std::invoke<",
      "std::apply<",
      "std::function<",
      "std::reference_wrapper<",
      "std::throw_with_nested<",
      "__cxa_",
      "_Unwind_",
      "__cxxabiv1::",
      "__gxx_personality",
  };
  constexpr std::array<std::string_view, 14> names = {
      "std::terminate",
      "std::rethrow_exception",
      "_start",
      "__libc_start_main",
      "__libc_start_main_impl",
      "__libc_start_call_main",
      "start_thread",
      "clone",
      "clone3",
      "__clone3",
      "thread_start",
      "execute_native_thread_routine",
      "__clang_call_terminate",
      "__call_tls_dtors",
  };
  if (name.starts_with("std::__cxx11::")) {
    return false;  // std::string and the like
  }
  return starts_with_any(name, prefixes) || is_any(name, names) || name.find("__cxa_throw") != std::string_view::npos ||
         name.find("__cxa_rethrow") != std::string_view::npos;
}

constexpr std::string_view base_name(std::string_view path) noexcept { return path.substr(path.rfind('/') + 1); }

// The folder src/ of goro as the debug information of this library spells it.
constexpr std::string_view own_sources() noexcept {
  constexpr std::string_view here = __FILE__;
  constexpr std::string_view below = "diag/machinery.cpp";
  static_assert(here.ends_with(below));
  return here.substr(0, here.size() - below.size());
}

// Inlined functions and those of unnamed namespaces may come without their scope; then the file tells.
bool is_file_of_goro(std::string_view file) noexcept {
  constexpr std::string_view own = own_sources();
  return file.starts_with("include/goro/") || file.find("/include/goro/") != std::string_view::npos ||
         (own.starts_with('/') && file.starts_with(own));
}

bool is_plumbing_of_library(std::string_view file) noexcept {
  constexpr std::array<std::string_view, 8> plumbing = {"invoke.h", "std_function.h", "refwrap.h",     "functional",
                                                        "tuple",    "std_thread.h",   "mofunc_impl.h", "invoke"};
  return file.find("/c++/") != std::string_view::npos && is_any(base_name(file), plumbing);
}

// Libraries that usually come without their inner symbols.
bool is_runtime_module(std::string_view file) noexcept {
  constexpr std::array<std::string_view, 7> modules = {"libstdc++.so", "libgcc_s.so",   "libc.so", "libc++.so",
                                                       "libc++abi.so", "libpthread.so", "libc-"};
  return starts_with_any(base_name(file), modules);
}

}  // namespace

bool is_machinery(std::string_view name, std::string_view file) noexcept {
  if (name.empty()) {
    return file.empty() || is_runtime_module(file);
  }
  if (is_inside_goro(name) || is_language_support(name)) {
    return true;
  }
  return is_plumbing_of_library(file) || (is_file_of_goro(file) && !name.starts_with("goro::"));
}

}  // namespace goro::diag
