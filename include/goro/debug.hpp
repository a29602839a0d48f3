// Looking at goroutines from inside the program.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace goro::debug {

// The calling goroutine's trace in Go's layout, ending in the go statement that started it:
//
//   goroutine 18 "poller" [running]:
//   serve(...)
//           /src/server.cpp:40 +0x1d
//   created by main in goroutine 1
//           /src/server.cpp:70 +0x52
//
// On another thread: `thread 4711 [running]:` and that thread's calls. Frames of goro and of the C++ library's plumbing
// are left out unless GOROTRACEBACK=system (or crash). At most the 50 innermost and the 50 outermost calls. Files and
// lines need debug information (-g1 is enough); without it functions and addresses remain.
// Costs milliseconds at the first call, which reads the debug information, and some ten microseconds a frame later.
// Blocks only for that work. Throws std::bad_alloc. Go: runtime/debug.Stack.
std::string stack();

// The traces of all goroutines in Go's layout, the calling one's first, then by id, with a blank line between two:
//
//   goroutine 18 [chan receive, 3 minutes]:
//   worker(...)
//           /src/server.cpp:40 +0x1d
//   created by main in goroutine 1
//           /src/server.cpp:70 +0x52
//
// In brackets stands what the goroutine does: running, runnable (in a queue), syscall (inside blocking()), or what it
// waits for in Go's words (chan receive, chan send, select, sleep, sync.Mutex.Lock, sync.WaitGroup.Wait, IO wait, …),
// with the time from a minute on. The program is stopped for the moment it takes to walk the stacks (about 2
// microseconds each). A goroutine that computes goes on; its thread, and one that is in a system call which goes on
// after a signal (SA_RESTART), is sent a real-time signal that the program does not use, and tells its calls. One that
// cannot be asked, or does not answer within 100 ms, is shown without them, in Go's words. Goroutines that begin or end
// in that moment may be missing. Throws std::bad_alloc. Go: runtime.Stack(buf, true).
std::string stacks();

struct goroutine_info {
  std::uint64_t id = 0;
  std::string name;                    // go_options::name
  std::string state;                   // as in the brackets above
  bool waiting = false;                // for what `state` says
  std::chrono::nanoseconds waited{0};  // for so long; exact to some milliseconds
  bool locked_to_thread = false;
  std::uint64_t creator_id = 0;  // 0: it was started by another thread
  std::string created_by;        // the function with the go statement, and where that stands
  std::string file;
  int line = 0;  // 0: unknown
};

// A goroutine that will never go on.
struct leak {
  goroutine_info goroutine;
  std::string trace;  // its paragraph of stacks()
};

// The goroutines that can never go on, by id: they wait, without a deadline, for a channel that nobody has a handle of
// but such goroutines themselves; for a mutex, wait_group or the like that stands on the stack or in the closure of
// one, with no pointer from elsewhere; or for a nil channel or an empty select. All writable memory of the process is
// looked through for such handles and pointers, so what is reported is a leak (unless an address is hidden, as in a
// compressed pointer, or kept by a running thread in a register alone). Not every leak is found: an old copy of a
// handle in free memory counts as one, and so does one in an object on the heap. The program stands still for that:
// some ten milliseconds for each hundred megabytes. Finds, in builds with a sanitizer, only waits for nil channels and
// empty selects. Throws std::bad_alloc. Go: the profile goroutineleak.
std::vector<leak> leaks();

// All goroutines, by id. Stops the program for the moment it takes to count them. Throws std::bad_alloc.
// Go: runtime.GoroutineProfile.
std::vector<goroutine_info> goroutines();

// At most this many threads of goro, 10,000 unless set; returns what it was before. One more, or fewer than there are,
// ends the program: `fatal error: thread exhaustion`. There is one for each of gomaxprocs, one for each goroutine
// inside blocking() or another call that blocks, and one for each locked to its thread. Threads that are idle for some
// seconds end. Go: runtime/debug.SetMaxThreads.
int set_max_threads(int n);

}  // namespace goro::debug
