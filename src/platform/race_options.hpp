// The environment variable GORORACE: `name=value` items separated by blanks, as Go's GORACE (commas and colons separate
// too).
#pragma once

#include <string_view>

#include "base/clock.hpp"

namespace goro::platform {

struct race_options {
  int exit_status = 66;        // exitcode: of a program that ends with races found; 0: its own
  bool halt_on_error = false;  // ends the process after the first report
  std::string_view log_path;   // empty or `stderr`, `stdout`, or a file, to whose name `.<process id>` is added
  std::string_view strip_path_prefix;
  base::nanoseconds exit_pause =
      1'000'000'000;                     // atexit_sleep_ms: how long goroutines may still run when the program ends
  bool suppress_equal_stacks = true;     // one report for any number of races between the same two calls
  bool suppress_equal_addresses = true;  // one report for each place in memory
};

// Of this process. Read at its very start, before anything else runs: later changes of the environment have no effect.
const race_options& race_options_of_process() noexcept;

// What to tell ThreadSanitizer, in its own notation: what goro sets for every race build, history_size and items of
// GORORACE that goro does not know. For `text` instead of the environment, into `space`, cut off where that ends; for
// tests.
std::string_view read_race_options(std::string_view text, race_options& options, char* space,
                                   std::size_t size) noexcept;

}  // namespace goro::platform
