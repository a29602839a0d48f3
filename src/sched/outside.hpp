// Who may still act when no goroutine runs, for the search for deadlocks (deadlock.cpp).
#pragma once

namespace goro::sched {

// Something that is neither a goroutine nor a thread that waits in goro may make a goroutine ready: a poller, while
// somebody waits for I/O; signals that the program listens for. To be counted before the wait begins, and out by the
// one that was made ready, or by its waker before that forgets it. While the count is not zero no deadlock is reported.
void expect_from_outside() noexcept;
void expect_no_more_from_outside() noexcept;

// A thread of goro's own that does nothing by itself but on behalf of those above. It is not taken for one of the
// program's.
void note_service_thread() noexcept;

// For thread_parker: a thread waits without an end, and is woken.
void note_thread_stops() noexcept;
void note_thread_goes_on() noexcept;

}  // namespace goro::sched
