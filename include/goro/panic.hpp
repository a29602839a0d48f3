// Panics: misuse that a program may catch.
#pragma once

#include <stdexcept>
#include <string>

namespace goro {

// Thrown for misuse of goro's types, with Go's text: `sync: negative wait_group counter`, `send on closed channel`.
// State that can no longer be trusted (unlock of an unlocked mutex) ends the process instead: `fatal error: …`, status
// 2.
class panic_error : public std::logic_error {
 public:
  explicit panic_error(const char* text);
  explicit panic_error(const std::string& text);
  panic_error(const panic_error&) noexcept = default;
  panic_error& operator=(const panic_error&) noexcept = default;
  ~panic_error() override;
};

}  // namespace goro
