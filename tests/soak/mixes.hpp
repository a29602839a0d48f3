// What the soak does: small workloads, each of which checks what comes of it and leaves nothing behind. Several run at
// a time.
#pragma once

#include <span>

#include "stress.hpp"

namespace soak {

struct mix {
  const char* name;
  void (*play)(stress::dice& dice);  // in a goroutine; takes some milliseconds
};

std::span<const mix> core_mixes();     // mixes.cpp
std::span<const mix> waiting_mixes();  // mixes_waiting.cpp: timed waits, channels, select, contexts
std::span<const mix> net_mixes();      // mixes_net.cpp

}  // namespace soak
