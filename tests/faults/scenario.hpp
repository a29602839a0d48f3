#pragma once

namespace faults {

// A small program that uses all that goro asks the system for, and checks what came of it. Throws what goro throws,
// std::runtime_error with the error's text when a call returned one, and wrong_result when goro did something else than
// it should.
void scenario(bool whole);

struct wrong_result {
  const char* what;
};

}  // namespace faults
