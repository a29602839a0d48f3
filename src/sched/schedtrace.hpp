// GORODEBUG=schedtrace=1000: a line about the scheduler every so many milliseconds, in the form of Go's
// GODEBUG=schedtrace; with scheddetail=1 all processors, workers and goroutines in several lines.
#pragma once

#include "base/clock.hpp"

namespace goro::sched {

// By the monitor. Writes when it is time; returns when it is the next time, `never` when nobody has asked.
base::nanoseconds trace_scheduler(base::nanoseconds now) noexcept;

}  // namespace goro::sched
