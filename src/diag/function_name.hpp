// Names of functions as a reader of traces wants them.
#pragma once

#include <span>
#include <string_view>

namespace goro::diag {

struct readable_name {
  std::string_view name;  // within the space given, or empty
  bool takes_parameters;
};

// `main::{lambda(int)#1}::operator()(int) const` -> `main::{lambda(...)#1}`, takes_parameters
// `void pool<std::string>::add<job>(job&&)`      -> `pool<...>::add<...>`,   takes_parameters
// Return type, parameters, template arguments, qualifiers, ABI tags, clone suffixes and `(anonymous namespace)` go.
// Input is what the demangler says, or a plain name as debug information gives it. Cut off when `space` ends.
readable_name shorten_function_name(std::string_view demangled, std::span<char> space) noexcept;

// The user's lambda that the template function `demangled` was made for; empty: none.
// `goro::detail::closure<main::{lambda()#1}>::run(...)`                 -> `main::{lambda()#1}`
// `goro::detail::closure<goro::wait_group::go<main::{lambda()#1}>(...)::{lambda()#1}>::run(...)` -> the same
std::string_view lambda_argument(std::string_view demangled) noexcept;

}  // namespace goro::diag
