// Traces of all goroutines.
#pragma once

#include "diag/snapshot.hpp"
#include "diag/traceback.hpp"

namespace goro::diag {

enum class folding : bool {
  none,
  // Of many goroutines those that wait in the same calls for the same kind of thing are shown once, with the ids of the
  // others.
  many,
};

// Traces by id, without that of goroutine `except` (0: with all), each after a blank line when the options say so.
void print_all(text_sink& out, const snapshot& all, std::uint64_t except, const trace_options& options,
               folding fold) noexcept;

// For reports that end the process: stops the program for good and prints all goroutines but `except`.
void print_others_at_end(text_sink& out, std::uint64_t except, trace_options options) noexcept;

}  // namespace goro::diag
