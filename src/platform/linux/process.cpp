#include <dlfcn.h>
#include <pthread.h>
#include <sys/auxv.h>
#include <unistd.h>
#include <unwind.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "platform/os.hpp"

namespace goro::base {

void write_stderr(std::string_view text) noexcept {
  const int saved = errno;
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR && errno != EAGAIN) {
      break;  // closed or broken: there is nobody to tell
    } else if (errno == EAGAIN) {
      platform::yield_thread();  // a non-blocking pipe that is full
    }
  }
  errno = saved;
}

void exit_now(int status) noexcept { ::_exit(status); }

// The kernel gives every program 16 random bytes at its start; the time and the thread tell calls apart. No system call
// that a sandbox could refuse or that could block early at boot.
std::uint64_t system_entropy() noexcept {
  std::uint64_t bits = 0;
  if (const auto* given = reinterpret_cast<const void*>(::getauxval(AT_RANDOM)); given != nullptr) {
    std::memcpy(&bits, given, sizeof(bits));
  }
  return bits ^ static_cast<std::uint64_t>(now_ns()) ^ (static_cast<std::uint64_t>(thread_id()) << 40);
}

}  // namespace goro::base

namespace goro::platform {

// exit() calls the destructors itself, so it is a frame of the stack then; at the end of a thread it is not.
bool inside_exit() noexcept {
  struct search {
    void* exit_function = ::dlsym(RTLD_DEFAULT, "exit");  // &exit may be the program's stub for it
    bool found = false;
  } search;
  ::_Unwind_Backtrace(
      [](_Unwind_Context* frame, void* argument) {
        auto& [exit_function, found] = *static_cast<struct search*>(argument);
        void* function = ::_Unwind_FindEnclosingFunction(reinterpret_cast<void*>(::_Unwind_GetIP(frame)));
        found = function != nullptr && (function == exit_function || function == reinterpret_cast<void*>(&::exit));
        return found ? _URC_END_OF_STACK : _URC_NO_REASON;
      },
      &search);
  return search.found;
}

void on_fork_child(void (*callback)()) noexcept { ::pthread_atfork(nullptr, nullptr, callback); }

}  // namespace goro::platform
