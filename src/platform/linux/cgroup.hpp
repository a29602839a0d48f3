// The CPU quota of the process's control group.
#pragma once

#include <string>

namespace goro::platform {

// CPUs that the quota of the process's cgroup and of every group above it allows, rounded up; 0: no quota known.
// Reads <root>/proc/self/cgroup, <root>/proc/self/mountinfo and the groups' files below <root>; tests give a made-up
// root.
unsigned cgroup_processors(const std::string& root) noexcept;

}  // namespace goro::platform
