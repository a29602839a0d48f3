// The same program once more, as a child that is not left in peace.
#pragma once

#include <chrono>
#include <string_view>

#include "stress.hpp"

namespace soak {

// Runs this program with the same arguments but `--under HOW`, and until it ends
//   stops    stops it by SIGSTOP and lets it go on by SIGCONT, for a tenth of the time
//   signals  sends it a signal ten thousand times a second, which it catches without SA_RESTART
// Returns its status; fails when a signal has killed it. -1: there is no such way.
int run_harassed(int argc, char** argv, std::string_view how);

// In the child, of `signals`; nothing elsewhere. From here on the signals interrupt what they meet, on goro's threads.
class storm_watch {
 public:
  storm_watch();
  // Ends the storm: each signal that was sent has been handled, once (in race builds at most once, for ThreadSanitizer
  // merges those that are pending). Prints how many a second there were.
  void expect_all_handled(const stress::options& o) const;

 private:
  std::chrono::steady_clock::time_point begun_{};
};

}  // namespace soak
