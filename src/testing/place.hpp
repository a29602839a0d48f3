// Where in the user's program a goroutine stands, for reports.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "diag/call_stack.hpp"

namespace goro::testing {

// The calls of a stack, kept as addresses: names are looked up when the report is written.
class place {
 public:
  place() = default;
  explicit place(const diag::call_stack& calls);
  // Where a go statement stands that returns to `creator`.
  static place of_creator(const void* creator);

  // `goro::mutex::lock, bank.cpp:12 (transfer)`: the call of goro's and the innermost function that is not goro's; as
  // far as they are known.
  std::string text() const;

 private:
  std::vector<std::uintptr_t> addresses_;  // innermost first
};

}  // namespace goro::testing
