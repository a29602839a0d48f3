#include "sched/inspect.hpp"

namespace goro::sched {

bool all_are_asleep() noexcept { return false; }

}  // namespace goro::sched
