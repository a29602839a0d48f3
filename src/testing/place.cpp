#include "testing/place.hpp"

#include <algorithm>
#include <string_view>

#include "diag/symbolize.hpp"

namespace goro::testing {
namespace {

constexpr std::size_t most_calls = 32;

bool is_library(const diag::source_frame& frame) noexcept {
  return frame.machinery || frame.function.empty() || frame.function.starts_with("goro::") ||
         frame.function.starts_with("std::") || frame.function.starts_with("__gnu_cxx::");
}

std::string_view file_name(std::string_view path) noexcept { return path.substr(path.rfind('/') + 1); }

// `goro::mutex::lock(...)` without parameters; of a lambda, the function that it stands in.
std::string_view name_alone(std::string_view function) noexcept {
  function = function.substr(0, function.find("::{lambda"));
  function = function.substr(0, function.find('('));
  return function == "operator" ? "lambda" : function;
}

// A call that the user made: `goro::mutex::lock`, not what goes on inside it.
bool is_call_of_goro(const diag::source_frame& frame) noexcept {
  return !frame.machinery && frame.function.starts_with("goro::") &&
         !frame.function.starts_with("goro::testing::schedule") &&
         frame.function.find("detail::") == std::string_view::npos;
}

// The operations of channels stand in bases of chan.
bool is_channel_operation(const diag::source_frame& frame) noexcept {
  return frame.function.starts_with("goro::detail::with_send<") ||
         frame.function.starts_with("goro::detail::with_recv<");
}

std::string_view last_name(std::string_view function) noexcept {
  function = name_alone(function);
  return function.substr(function.rfind(':') + 1);
}

}  // namespace

place::place(const diag::call_stack& calls) {
  for (std::size_t i = 0; i < std::min(calls.size(), most_calls); ++i) {
    addresses_.push_back(calls[i].where());
  }
}

place place::of_creator(const void* creator) {
  place p;
  if (creator != nullptr) {
    p.addresses_.push_back(reinterpret_cast<std::uintptr_t>(creator) - 1);
  }
  return p;
}

std::string place::text() const {
  std::string call;
  std::string where;
  for (const std::uintptr_t address : addresses_) {
    diag::symbolize(address, diag::heap::usable, [&](const diag::source_frame& frame) {
      if (!where.empty()) {
        return;
      }
      if (!is_library(frame)) {
        const std::string name(name_alone(frame.function));
        where = frame.line == 0
                    ? name
                    : std::string(file_name(frame.file)) + ":" + std::to_string(frame.line) + " (" + name + ")";
      } else if (is_call_of_goro(frame)) {
        call = name_alone(frame.function);
      } else if (is_channel_operation(frame)) {
        call = "goro::chan::" + std::string(last_name(frame.function));
      }
    });
    if (!where.empty()) {
      break;
    }
  }
  return call.empty() || where.empty() ? call + where : call + ", " + where;
}

}  // namespace goro::testing
