// Circles of parties that wait for each other's locks.
#pragma once

#include <vector>

#include "sched/lock_tables.hpp"

namespace goro::sched {

// The circle that goes through the wait of `from`; empty: there is none.
std::vector<deadlock_member> find_lock_cycle(lock_tables& tables, party_key from);

}  // namespace goro::sched
