// The same program once more, as a child that is not left in peace.
#pragma once

#include <string_view>

namespace soak {

// Runs this program with the same arguments but `--under HOW`, and until it ends
//   stops    stops it by SIGSTOP and lets it go on by SIGCONT, for a tenth of the time
//   signals  sends it SIGUSR1 ten thousand times a second, which it catches without SA_RESTART
// Returns its status; fails when a signal has killed it. -1: there is no such way.
int run_harassed(int argc, char** argv, std::string_view how);

// In the child: SIGUSR1 interrupts what it meets, on goro's threads.
void catch_interruptions();

}  // namespace soak
