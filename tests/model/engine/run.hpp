// What execution.cpp and explore.cpp know of each other.
#pragma once

#include "engine/choices.hpp"
#include "engine/explore.hpp"

namespace goro::model {

struct run_result {
  bool failed;
  std::string what;
  std::string trace;  // every step, when asked for
};

run_result run_once(const scenario& s, const limits& l, const mutation& w, choices& c, bool traced);
void note_met_place(place where, order o, bool writes);

}  // namespace goro::model
