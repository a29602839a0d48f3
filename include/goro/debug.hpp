// Looking at goroutines from inside the program.
#pragma once

#include <string>

namespace goro::debug {

// The calling goroutine's trace in Go's layout, ending in the go statement that started it:
//
//   goroutine 18 "poller" [running]:
//   serve(...)
//           /src/server.cpp:40 +0x1d
//   created by main in goroutine 1
//           /src/server.cpp:70 +0x52
//
// On another thread: `thread 4711 [running]:` and that thread's calls. Frames of goro and of the C++ library's plumbing are left out
// unless GOROTRACEBACK=system (or crash). At most the 50 innermost and the 50 outermost calls. Files and lines need debug
// information (-g1 is enough); without it functions and addresses remain.
// Costs milliseconds at the first call, which reads the debug information, and some ten microseconds a frame later. Blocks only for
// that work. Throws std::bad_alloc. Go: runtime/debug.Stack.
std::string stack();

// At most this many threads of goro, 10,000 unless set; returns what it was before. One more, or fewer than there are, ends the program:
// `fatal error: thread exhaustion`. There is one for each of gomaxprocs, one for each goroutine inside blocking() or another call that
// blocks, and one for each locked to its thread. Threads that are idle for some seconds end. Go: runtime/debug.SetMaxThreads.
int set_max_threads(int n);

}  // namespace goro::debug
