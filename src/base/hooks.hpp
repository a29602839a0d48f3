// Diagnostic hooks: how lower layers reach diag without including it. diag installs them when it is linked in;
// unset, the runtime still works and prints less.
#pragma once

#include "base/atomic.hpp"

namespace goro::base {

// Prints the traces that follow a fatal error to stderr. May run on an alternate signal stack, on any thread.
inline atomic<void (*)() noexcept> traceback_hook{nullptr};

// Installs process-wide reporters (terminate handler); called once when the runtime starts.
inline atomic<void (*)() noexcept> runtime_started_hook{nullptr};

// Race builds: the calls that led to the go statement which returns to `creator`, innermost first, null after the last.
// They are kept for ever, equal ones once. Null: not known.
inline atomic<const void* const* (*)(const void* creator) noexcept> creation_hook{nullptr};

// The process ends in peace, by exit() or at the end of main(); goroutines still run. Called once, by the thread that
// ends it.
inline atomic<void (*)() noexcept> exit_hook{nullptr};

}  // namespace goro::base
