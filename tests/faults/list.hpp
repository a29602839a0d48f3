// The system calls that goro makes, the errors they may have, and what may come of each.
#pragma once

#include <span>

#include "injector.hpp"

namespace faults {

// Outcomes; what may come of a fault is a set of them.
inline constexpr unsigned recovers = 1;  // the program does what it should
inline constexpr unsigned error = 2;     // an exception or an error value tells what failed
inline constexpr unsigned fatal = 4;     // the process ends with status 2, and a fatal error tells what failed

struct fault {
  const char* name;
  system_call call;
  int error;
  unsigned allowed;
  bool can_last = true;      // can it fail from then on, or only for a moment?
  bool always_made = false;  // whatever the kernel and the C library: when it is not seen, nothing is
};

std::span<const fault> list();

inline injection injection_of(const fault& f, std::uint64_t first, extent how) { return {f.call, f.error, first, how}; }

inline const char* name_of(extent how) { return how == extent::once ? "once" : "ever"; }

}  // namespace faults
