// goro test.
#pragma once

#include <string>
#include <vector>

#include "installation.hpp"

namespace goro::command {

struct test_wishes {
  flavour build = flavour::plain;
  int count = 1;
  std::string run;                 // regular expression; empty: all
  std::vector<std::string> files;  // empty: *_test.cpp of the working folder
  std::vector<std::string> program_arguments;
};

// Returns the status of the command.
int test(const test_wishes& wishes);

}  // namespace goro::command
