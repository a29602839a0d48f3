// Room for the last report. When the address space is used up, demangling and reading debug information would fail just
// when the trace matters most.
#pragma once

namespace goro::diag {

// Sets address space aside (it costs no memory). Once, when the runtime starts.
void set_spare_memory_aside() noexcept;
// Gives it back for a report that ends the process. Async-signal-safe.
void release_spare_memory() noexcept;

}  // namespace goro::diag
