// Starting a worker's thread, from a thread whose state is known.
//
// A new thread inherits from the one that starts it: CPU affinity, priority and scheduling class, namespaces,
// capabilities, a seccomp filter. A goroutine that calls lock_os_thread may have changed all of these for its own
// thread, and a foreign thread is the program's own affair. So from there the monitor thread is asked to start it (Go's
// template thread, runtime/proc.go).
//
// Protocol: a request stands on the caller's stack, linked into `requests`, until the monitor sets its result.
//   asking      pushes the request (release), counts `calls` up and wakes the monitor, waits for the result
//   monitor     reads `calls`, takes all requests (acquire), serves them, sleeps only while `calls` is what it read:
//               a request pushed after the taking has changed it
//   at its end  the monitor leaves `closed` in `requests`: who finds that, or there is no monitor, starts the thread
//               itself
#pragma once

#include "base/clock.hpp"

namespace goro::sched {

// False when the system refuses. Blocks until the thread is there.
bool start_thread_from_clean_one(void (*body)(void*), void* argument, const char* name) noexcept;

// For the monitor. open: before its first look, in its own thread. close: after its last.
void open_thread_requests() noexcept;
void serve_thread_requests() noexcept;
void close_thread_requests() noexcept;
// Sleeps until a request comes that serve_thread_requests() has not seen, or the deadline.
void wait_for_thread_request(base::nanoseconds deadline) noexcept;
// Ends that sleep. Async-signal-safe.
void end_wait_for_thread_request() noexcept;

}  // namespace goro::sched
