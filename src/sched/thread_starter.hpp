// Starting a worker's thread, from a thread whose state is known.
//
// A new thread inherits from the one that starts it: CPU affinity, priority and scheduling class, namespaces,
// capabilities, a seccomp filter. A goroutine that calls lock_os_thread may have changed all of these for its own
// thread, and a foreign thread is the program's own affair. So from there the monitor thread is asked to start it (Go's
// template thread, runtime/proc.go).
//
// The monitor must not be waited for by who holds a lock: it may want that one itself, since it fires timers and looks
// into the poller when nobody else does (a thread starts a timer under its channel's lock). So a worker's thread is
// asked for and not waited for, and the monitor does what is to be done when the system refuses it.
//
// Protocol: a request stands in the worker, or on the stack of a caller who waits, linked into `requests` until the
// monitor takes it off.
//   asking      pushes the request (release), and rouses the monitor: where it sleeps while all are idle
//               (sysmon_sleep.hpp), or by counting `calls` up
//   monitor     reads `calls`, takes all requests (acquire), serves them, sleeps only while `calls` is what it read:
//               a request pushed after the taking has changed it, or finds it asleep. It does not touch one any more
//               whose thread it has started, or whose `refused` it has called: the worker may be asked for anew.
//   at its end  the monitor leaves null in `requests`, as before its beginning: who finds that starts the thread itself
#pragma once

#include "base/clock.hpp"

namespace goro::sched {

struct thread_request {
  void (*body)(void*) = nullptr;
  void (*refused)(void*) = nullptr;  // instead of body: the system does
  void* argument = nullptr;
  const char* name = nullptr;
  thread_request* next = nullptr;  // the starter's
};

// Calls r.body(r.argument) in a new thread, or r.refused(r.argument) in this one or in the monitor's. Does not block; r
// stays until then.
void start_thread_soon(thread_request& r) noexcept;

// False when the system refuses. Blocks until the thread is there; the caller holds no lock that the monitor may want,
// or anybody it waits for.
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
