// How the modelled threads wait (thread_waits.cpp).
#pragma once

namespace goro::model {

extern unsigned spins_allowed;  // how often a contender for a mutex spins before it waits

}  // namespace goro::model
