// Traces in Go's layout:
//
//   goroutine 18 "poller" [running]:
//   serve(...)
//           /src/server.cpp:40 +0x1d
//   main::{lambda()#1}()
//           /src/server.cpp:71 +0x9
//   created by main in goroutine 1
//           /src/server.cpp:70 +0x52
#pragma once

#include <cstdint>

#include "diag/call_stack.hpp"
#include "diag/demangle.hpp"
#include "diag/symbol_cache.hpp"
#include "diag/text_sink.hpp"
#include "sched/inspect.hpp"

namespace goro::diag {

// Environment variable GOROTRACEBACK, by name or as Go's numbers 0, 1, 2. Unknown text: single.
enum class traceback_level : std::uint8_t {
  none,    // no traces
  single,  // the goroutine that failed; the default
  all,     // all goroutines
  system,  // the frames of the runtime as well
  crash,   // as system, and a fatal error aborts (core dump) instead of exiting with status 2
};
traceback_level traceback_level_wanted() noexcept;
constexpr bool shows_all(traceback_level level) noexcept { return level >= traceback_level::all; }

struct trace_options {
  bool show_machinery = false;
  heap names = heap::usable;
  bool blank_line_first = false;
  symbol_cache* symbols = nullptr;
};
// For a trace that follows other lines.
trace_options options_of(traceback_level level, heap names = heap::usable) noexcept;

// Heading, calls, creation site. `calls` null: they cannot be read. `who` null: a thread, `thread 4711 [running]:`;
// nothing at all when none of its calls is shown (a worker between two goroutines).
void print_trace(text_sink& out, const sched::goroutine_view* who, const call_stack* calls,
                 trace_options options) noexcept;

// The calls alone.
void print_calls(text_sink& out, const call_stack& calls, trace_options options) noexcept;

// In Go's words: `running`, `chan receive`.
std::string_view state_of(const sched::goroutine_view& who) noexcept;
void print_heading(text_sink& out, const sched::goroutine_view* who) noexcept;

// Calls `found` for the function of the user's in which the go statement stands.
void find_creation(const sched::goroutine_view& who, heap names, symbol_cache* symbols,
                   base::function_ref<void(const source_frame&)> found) noexcept;

}  // namespace goro::diag
