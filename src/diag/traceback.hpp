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
#include "diag/text_sink.hpp"
#include "sched/inspect.hpp"

namespace goro::diag {

// Environment variable GOROTRACEBACK, by name or as Go's numbers 0, 1, 2. Unknown text: single.
enum class traceback_level : std::uint8_t {
  none,    // no traces
  single,  // the goroutine that failed; the default
  all,     // as single, until other goroutines can be shown
  system,  // the frames of the runtime as well
  crash,   // as system, and a fatal error aborts (core dump) instead of exiting with status 2
};
traceback_level traceback_level_wanted() noexcept;

struct trace_options {
  bool show_machinery = false;
  heap names = heap::usable;
};
trace_options options_of(traceback_level level, heap names = heap::usable) noexcept;

// `goroutine 18 "poller" [running]:`, or `thread 4711 [running]:` when `who` is null.
void print_heading(text_sink& out, const sched::goroutine_view* who) noexcept;
void print_calls(text_sink& out, const call_stack& calls, trace_options options) noexcept;
// Nothing when the creation site is not known.
void print_creation(text_sink& out, const sched::goroutine_view& who, trace_options options) noexcept;

// All three. `who` as above.
void print_trace(text_sink& out, const sched::goroutine_view* who, const call_stack& calls,
                 trace_options options) noexcept;

// `main`, `/src/server.cpp`, 70: calls `found` for the function of the user's in which the go statement stands.
struct source_frame;
void find_creation(const sched::goroutine_view& who, heap names,
                   base::function_ref<void(const source_frame&)> found) noexcept;

}  // namespace goro::diag
