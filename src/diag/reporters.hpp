// What diag hangs into the process. Each report goes to stderr.
#pragma once

#include "platform/os.hpp"

namespace goro::diag {

// base::traceback_hook: the trace that follows `fatal error: …`.
void report_fatal_error() noexcept;

// The fault that the calling thread's signal handler is reporting, or null: then the trace is that of the interrupted
// code.
const platform::memory_fault* fault_in_report() noexcept;

// The terminate handler: `panic: <type>: <what>` and the trace of the throw site for an exception that leaves a
// goroutine. Outside goroutines nothing is added to what the program does without goro.
void install_terminate_handler() noexcept;

// SIGQUIT, where the program has not installed anything for it.
void install_quit_handler() noexcept;

// GORODEBUG=leak=1.
void install_exit_report() noexcept;

// GORODEBUG=deadlock=1 and lockorder=1.
void install_lock_reports() noexcept;

// Stack overflow and bad memory accesses in goroutines.
void install_fault_handler() noexcept;

}  // namespace goro::diag
