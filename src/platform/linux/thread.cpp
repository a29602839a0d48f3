#include <pthread.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <new>

#include "base/atomic.hpp"
#include "goro/detail/config.hpp"
#include "platform/faults.hpp"
#include "platform/linux/signal_masks.hpp"
#include "platform/os.hpp"
#include "platform/own_memory.hpp"

namespace goro::base {

int thread_id() noexcept { return static_cast<int>(::syscall(SYS_gettid)); }

}  // namespace goro::base

namespace goro::platform {
namespace {

// A worker's own stack runs the search for work and little else; user code runs on goroutine stacks.
constexpr std::size_t thread_stack_size =
    (GORO_WITH_ASAN || GORO_WITH_TSAN) ? std::size_t{2} << 20 : std::size_t{256} << 10;

struct thread_start {
  void (*body)(void*);
  void* argument;
  char name[16];
};

void* run_thread(void* raw) {
  thread_start start;
  {
    const std::unique_ptr<thread_start> given(static_cast<thread_start*>(raw));
    start = *given;
  }
  ::pthread_setname_np(::pthread_self(), start.name);
  start.body(start.argument);
  return nullptr;
}

class attributes {
 public:
  explicit attributes(std::size_t stack_size) noexcept {
    ::pthread_attr_init(&attr_);
    ::pthread_attr_setdetachstate(&attr_, PTHREAD_CREATE_DETACHED);
    if (stack_size != 0) {
      ::pthread_attr_setstacksize(&attr_, stack_size);
    }
  }
  attributes(const attributes&) = delete;
  attributes& operator=(const attributes&) = delete;
  ~attributes() { ::pthread_attr_destroy(&attr_); }
  const pthread_attr_t* get() const noexcept { return &attr_; }

 private:
  pthread_attr_t attr_;
};

bool create(thread_start* start, std::size_t stack_size) noexcept {
  const attributes attr(stack_size);
  pthread_t thread;
  return ::pthread_create(&thread, attr.get(), &run_thread, start) == 0;
}

constinit base::atomic<int> open_signal{0};  // not blocked in new threads; 0: none

sigset_t remembered_mask;  // written once, before any thread that reads it is started

// A new thread inherits the mask of its creator: block first, so that there is no moment at which the program's signal
// handlers could run on a thread that is not ready for it, or is the runtime's own.
class block_asynchronous_signals {
 public:
  block_asynchronous_signals() noexcept {
    sigset_t blocked;
    ::sigfillset(&blocked);
    for (const int synchronous : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}) {
      ::sigdelset(&blocked, synchronous);
    }
    if (const int open = open_signal.load(base::memory_order_relaxed); open != 0) {
      ::sigdelset(&blocked, open);
    }
    ::pthread_sigmask(SIG_SETMASK, &blocked, &before_);
  }
  block_asynchronous_signals(const block_asynchronous_signals&) = delete;
  block_asynchronous_signals& operator=(const block_asynchronous_signals&) = delete;
  ~block_asynchronous_signals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace

void leave_open_in_new_threads(int signal) noexcept { open_signal.store(signal, base::memory_order_relaxed); }

bool start_thread(void (*body)(void*), void* argument, const char* name) noexcept {
  if (denied(service::thread)) {
    return false;
  }
  std::unique_ptr<thread_start> start(new (std::nothrow) thread_start{body, argument, {}});
  if (start == nullptr) {
    return false;
  }
  std::strncpy(start->name, name, sizeof(start->name) - 1);
  const block_asynchronous_signals blocked;
  // glibc takes a thread's static TLS from its stack and refuses a stack that is too small for it: then the default.
  if (create(start.get(), thread_stack_size) || create(start.get(), 0)) {
    start.release();
    return true;
  }
  return false;
}

void remember_signal_mask() noexcept { ::pthread_sigmask(SIG_SETMASK, nullptr, &remembered_mask); }
void restore_signal_mask() noexcept { ::pthread_sigmask(SIG_SETMASK, &remembered_mask, nullptr); }

bool is_main_thread() noexcept { return thread_id() == ::getpid(); }

bool is_stack_alone(memory_range mapping) noexcept {
  const auto of_first_thread = static_cast<std::uintptr_t>(::getauxval(AT_RANDOM));  // lies where that stack begins
  const auto low = reinterpret_cast<std::uintptr_t>(mapping.base);
  return of_first_thread - low < mapping.size || mapping.size == thread_stack_size;
}

stack_bounds thread_stack() noexcept {
  pthread_attr_t attr;
  if (::pthread_getattr_np(::pthread_self(), &attr) != 0) {
    return {nullptr, nullptr};
  }
  void* low = nullptr;
  std::size_t size = 0;
  ::pthread_attr_getstack(&attr, &low, &size);
  ::pthread_attr_destroy(&attr);
  return {static_cast<std::byte*>(low), static_cast<std::byte*>(low) + size};
}

void want_exact_timers() noexcept { ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); }

void yield_thread() noexcept { ::sched_yield(); }

// Each thread is a folder in that one.
std::size_t thread_count() noexcept {
  struct stat folder;
  constexpr nlink_t links_of_empty_folder = 2;
  if (::stat("/proc/self/task", &folder) != 0 || folder.st_nlink <= links_of_empty_folder) {
    return 0;
  }
  return folder.st_nlink - links_of_empty_folder;
}

}  // namespace goro::platform
