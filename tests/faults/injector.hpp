// One program run with one fault: a system call that fails although the system would have done it.
//
// The kernel itself asks (seccomp, SECCOMP_RET_USER_NOTIF): the calls of one number stop, this process counts them and
// answers each with "go on" or with an error. So nothing in the library or the C library knows of it, calls by
// syscall() are caught like any other, and the program that is tested is the one that is shipped.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace faults {

// Which calls: those of this number, and if `argument` is not negative, whose argument of that position has that value
// (its lower half).
struct system_call {
  long number;
  int argument = -1;
  std::uint32_t value = 0;
};

enum class extent : std::uint8_t {
  once,  // the n-th call fails, as when something is short for a moment
  ever,  // it and all later ones, as when the system does not grant something at all
};

struct injection {
  system_call call;
  int error = 0;            // errno
  std::uint64_t first = 0;  // counted from arm() on; 0: none fails
  extent how = extent::once;
};

struct run_result {
  std::uint64_t calls = 0;   // of that kind, from arm() on
  std::uint64_t failed = 0;  // of these, by the injection
  int status = 0;            // as waitpid gives it
  bool hung = false;         // it was killed
  std::string output;        // stdout and stderr
};

// Does the system let this process do that?
bool can_inject();

// Runs this program anew with the arguments.
run_result run_injected(const std::vector<std::string>& arguments, const injection& fault);

// In the program that is tested: from here on calls are counted. The loader and the C library's start are not what is
// tested.
void arm();

}  // namespace faults
