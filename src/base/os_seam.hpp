// Seam: the few services of the operating system that base itself needs. platform/ implements them; they are declared
// here because base stands below platform. All are async-signal-safe and never fail.
#pragma once

#include <cstdint>
#include <string_view>

namespace goro::base {

// All of `text` to stderr, best effort.
void write_stderr(std::string_view text) noexcept;

// Ends the process at once: no destructors, no atexit handlers.
[[noreturn]] void exit_now(int status) noexcept;

// The system's id of the calling thread; never 0.
int thread_id() noexcept;

// Bits that differ between processes and between calls. Not for secrets.
std::uint64_t system_entropy() noexcept;

}  // namespace goro::base
