// Other programs: found on PATH, run, waited for.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace goro::command {

using arguments = std::vector<std::string>;

// The program's path, or empty. A name with a slash is taken as it is.
std::filesystem::path find_program(const std::string& name);

// Runs it with this process's stdin, stdout and stderr. Returns its exit status; 128 + n when signal n ended it.
// Terminal signals go to it as well, and are its own business; SIGTERM and SIGHUP are passed on.
int run(const arguments& command);

// The same, all at once but no more than there are processors. Returns the first status that is not 0, in the order
// given.
int run_all(const std::vector<arguments>& commands);

struct captured {
  int status;
  std::string output;  // stdout
};
captured run_and_capture(const arguments& command);

}  // namespace goro::command
