// A signal that turned out not to be goro's, given to whatever would have had it.
#pragma once

#include <csignal>

namespace goro::platform {

// What the kernel would have done with the signal under `before`, except that a handler runs on the alternate stack. To
// be called in a handler for that signal; a default action takes effect when the handler has returned.
// Async-signal-safe.
void act_as_before(const struct sigaction& before, int signal, siginfo_t* info, void* code) noexcept;

}  // namespace goro::platform
