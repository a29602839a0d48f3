// Failures that end the command, with one line on stderr.
#pragma once

#include <stdexcept>
#include <string>

namespace goro::command {

inline constexpr int status_failed = 1;
inline constexpr int status_misused = 2;  // unknown flags and the like, as the go command's

struct failure : std::runtime_error {
  explicit failure(const std::string& text, int with_status = status_failed)
      : std::runtime_error(text), status(with_status) {}
  int status;
};

}  // namespace goro::command
