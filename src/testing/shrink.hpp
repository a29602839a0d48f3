// Which decisions a failing schedule needs in order to fail.
#pragma once

#include <functional>

#include "testing/schedule.hpp"

namespace goro::testing {

// The fewest that can be found, in some hundred tries. `made`: what was decided when it failed. `still_fails` runs the
// schedule with some decisions and tells whether it fails in the same way. `alternatives`: all single decisions that
// could have been made in a schedule without any.
decisions shrink(const decisions& made, const std::function<bool(const decisions&)>& still_fails,
                 const std::function<decisions()>& alternatives);

}  // namespace goro::testing
