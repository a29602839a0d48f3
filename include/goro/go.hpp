// Goroutines: functions that run concurrently on stacks of their own.
//
// A goroutine may go on on another thread after every call of goro that waits, yields, or may do so because its time
// slice is over (go() and the try_ calls are among them). Compilers do not know that: they keep the address of a
// thread_local, and `errno` is one, in a register for a whole function. So code between such calls must not use them
// directly. Read them in a function of their own that is not inlined and calls nothing of goro (last_errno() below is
// one), or stay on one thread (lock_os_thread). The same holds for std::this_thread::get_id() and for locks that belong
// to a thread, such as std::mutex.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "goro/defer.hpp"
#include "goro/detail/preemption.hpp"
#include "goro/detail/spawn.hpp"
#include "goro/panic.hpp"

namespace goro {

// Rare wishes about one goroutine.
struct go_options {
  std::string_view name = {};  // shown in traces; copied
  // Usable bytes; 0: 256 KiB less guard and control block. Panics out of bounds. The program's signal handlers may run
  // on it, unless they were installed with SA_ONSTACK.
  std::size_t stack_size = 0;
};

// Starts f(args...) as a new goroutine and returns at once. f and args are decay-copied in the caller, as std::thread
// does. Never waits, but yields when the caller's time slice is over. Callable from goroutines and from any other
// thread. An exception that leaves f ends the program: `panic: <type>: <what>`, the trace of the throw site,
// std::terminate. A null function pointer or empty std::function is fatal: `go of nil func value`.
// Throws std::bad_alloc when memory for the record ends. The copying happens before the goroutine starts
// (happens-before edge from the go statement to the start of f). Go: the `go` statement.
// goro starts with the first call of this kind; its threads have the signal mask that the calling thread had then.
template <class F, class... Args>
  requires(!std::is_same_v<std::remove_cvref_t<F>, go_options>)
GORO_ALWAYS_INLINE void go(F&& f, Args&&... args) {
  detail::spawn(nullptr, std::forward<F>(f), std::forward<Args>(args)...);
}

// The same with a name or a stack size: goro::go({.name = "poller"}, f);
// A stack_size that is too small to run anything or beyond the limit panics and names the bounds.
template <class F, class... Args>
GORO_ALWAYS_INLINE void go(const go_options& options, F&& f, Args&&... args) {
  detail::spawn(&options, std::forward<F>(f), std::forward<Args>(args)...);
}

// Lets others run: the caller goes to the end of its processor's queue. On a foreign thread: yields the thread.
// Go: runtime.Gosched.
void yield() noexcept;

// A preemption point for long loops that call nothing of goro: a load and a branch, and every 10 ms a yield. Calls that
// start something, wait for something or ask whether it would have to be waited for are such points themselves.
inline void checkpoint() noexcept { detail::preemption_point(); }

// Ends the calling goroutine, running the destructors of everything on its stack. catch (...) blocks on the way run
// and cannot stop it. Ending the main goroutine this way lets the others go on. A noexcept function on the way ends the
// program, and so does a catch (...) block that throws something else. Panics on a foreign thread and inside
// blocking(). Go: runtime.Goexit.
[[noreturn]] void goexit();

// The number of threads that may run goroutines at the same time. n > 0 sets it; returns the value before.
// Takes effect at once for idle processors, for others when they next enter the runtime. Not counted is who lost its
// processor to others, since it computed past its time slice without a call to goro, or blocked its thread: it runs on
// beside them, until its next such call. Default: environment variable GOMAXPROCS, else the CPUs that affinity and
// cgroup quota allow. Go: runtime.GOMAXPROCS.
int gomaxprocs(int n = 0);

// Goroutines that exist now, running, waiting or queued; foreign threads do not count. A snapshot.
// Go: runtime.NumGoroutine.
std::size_t num_goroutine() noexcept;

// A number for logs: unique in the process, 1 for the main goroutine of run(), 0 on a foreign thread.
std::uint64_t goroutine_id() noexcept;

// Ties the calling goroutine to its thread until as many unlocks: no other goroutine runs there meanwhile.
// A goroutine that ends locked takes the thread with it. Nothing on a foreign thread. Go: runtime.LockOSThread.
void lock_os_thread() noexcept;
void unlock_os_thread() noexcept;

// errno of the calling thread, whatever thread that is by now: right after a system call failed, with no call of goro
// between.
int last_errno() noexcept;

namespace detail {

struct blocking_section {
  blocking_section() noexcept;
  ~blocking_section();
  blocking_section(const blocking_section&) = delete;
  blocking_section& operator=(const blocking_section&) = delete;
};

void run_main(void (*body)(void*), void* argument);

}  // namespace detail

// Runs f, which may block the thread (file I/O, a C library, std::mutex), while the processor moves on to other
// goroutines. Returns f's result; what f throws passes through. f runs in place, on the goroutine's stack and thread.
// Blocking goro calls inside f block the thread. Go does this around system calls (runtime.entersyscall).
template <class F>
auto blocking(F&& f) -> std::invoke_result_t<F> {
  detail::blocking_section section;
  return std::forward<F>(f)();
}

// Runs main_fn as the main goroutine (id 1) and blocks the calling thread until it returns. Returns its int, or 0.
// Other goroutines are not waited for. Optional: go() works without it. Not callable from a goroutine (panics).
template <class F>
GORO_ALWAYS_INLINE int run(F&& main_fn) {
  struct body {
    std::remove_reference_t<F>& f;
    int result = 0;
    static void call(void* self) {
      auto& b = *static_cast<body*>(self);
      if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
        std::forward<F>(b.f)();
      } else {
        b.result = std::forward<F>(b.f)();
      }
    }
  } b{main_fn};
  detail::run_main(&body::call, &b);
  return b.result;
}

}  // namespace goro
