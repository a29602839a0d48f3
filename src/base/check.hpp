// Split assertions and the two ways out of a broken state.
//
// check()       an invariant of goro, tested in debug and model builds only.
// fatal_error() state that cannot be trusted: `fatal error: <text>`, goroutine traces, exit status 2.
// raise_panic() misuse that a program may catch: throws goro::panic_error with Go's text.
#pragma once

#include <string_view>

namespace goro::base {

#ifdef NDEBUG
inline constexpr bool debug_build = false;
#else
inline constexpr bool debug_build = true;
#endif

// std::source_location, which clang has only from version 16 on.
struct code_place {
  const char* file;
  unsigned line;
  static constexpr code_place current(const char* file = __builtin_FILE(), unsigned line = __builtin_LINE()) noexcept {
    return {file, line};
  }
};

[[noreturn]] void invariant_failed(const char* what, code_place where) noexcept;

// `condition` is evaluated in every build: keep it free of side effects and cheap.
constexpr void check(bool condition, const char* what, code_place where = code_place::current()) noexcept {
  if constexpr (debug_build) {
    if (!condition) [[unlikely]] {
      invariant_failed(what, where);
    }
  }
}

// Writes `fatal error: <text>`, runs the traceback hook (hooks.hpp) and ends the process with status 2
// without running destructors. Async-signal-safe as far as the hook is.
[[noreturn]] void fatal_error(std::string_view text) noexcept;

// The same after a first line that gives the particulars (`goro: goroutine 7 stack exceeds 262144-byte limit`).
[[noreturn]] void fatal_error(std::string_view text, std::string_view particulars) noexcept;

// To be called where the process is about to end in peace. While another thread reports why it fails, does not return,
// so that the report is whole and the status is its own (Go's main waits for a panic in the same way); or only after
// five seconds, when the report is written and what follows, a terminate handler say, takes so long.
void let_report_finish() noexcept;

// To be called before an exception, or a fault, is reported that ends the process, and after its report. Does not return
// while another thread reports why the process ends. False: the calling thread does so already, and has failed in its
// report. Async-signal-safe.
bool begin_exception_report() noexcept;
void end_exception_report() noexcept;

// What was reported did not end the process. (In the child of a fork: nor is there who reported it.)
void forget_report() noexcept;

[[noreturn]] void raise_panic(const char* text);

// One line `goro: <text>` on stderr, for a bad setting that has a safe default.
void warn(std::string_view text) noexcept;

}  // namespace goro::base
