// Signals that a program wants to hear of (faults are in os.hpp): what is done with each, and their way from the
// handler, which may do next to nothing, to a thread, which may do everything.
//
// Preconditions: a signal's number is one that can_change_action() allows; set_action() is called by one thread at a
// time; arrived signals are waited for by one thread.
#pragma once

#include <cstdint>
#include <string>

namespace goro::platform {

// Signal n is bit n - 1.
using signal_set = std::uint64_t;
inline constexpr int last_signal = 64;
constexpr signal_set set_of(int signal) noexcept { return signal_set{1} << (signal - 1); }

// False for a number that is no signal's, for SIGKILL and SIGSTOP, and for those that the C library keeps for itself.
bool can_change_action(int signal) noexcept;
// All for which it is true.
signal_set changeable_signals() noexcept;

enum class signal_action : std::uint8_t {
  // What it was before goro changed it; nothing to do when goro has not, or when the program has changed it since.
  former,
  // It arrives, see below. But not a fault (SIGSEGV and the like raised by an instruction): that stays where it was.
  caught,
  ignored,  // the same with nobody told
};
void set_action(int signal, signal_action action) noexcept;

// By set_action(), by the program, or since it started.
bool is_ignored(int signal) noexcept;

// Makes SIGQUIT call `notice`, in the handler, where nobody has changed what it does. When that returns false, or a
// second one comes, the process ends as it would have. The program may still install something of its own, or
// set_action().
void on_quit(bool (*notice)()) noexcept;

// Sends a signal to this process.
void send_to_this_process(int signal) noexcept;

// In Go's words: "interrupt", "terminated", "signal 40". Throws std::bad_alloc.
std::string description_of_signal(int signal);

// Arrived signals. -----------------------------------------------------------------------------------------------
// Blocks until a caught signal has arrived since the last call returned (or earlier: what take_arrived() has taken
// meanwhile).
void wait_for_arrival() noexcept;

// What has arrived and has not been taken. However often a signal has come by then, it is there once.
signal_set take_arrived() noexcept;

}  // namespace goro::platform
