// What a thread does, as the kernel sees it. Its CPU time is not the time that base/clock.hpp gives: nothing waits for it.
#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>

#include "platform/faults.hpp"
#include "platform/os.hpp"

namespace goro::platform {
namespace {

// The kernel's file `name` about a thread, as far as it fits; empty when there is none, or it may not be read.
struct task_file {
  char text[256];
  std::size_t length = 0;

  task_file(int thread, const char* name) noexcept {
    char path[64] = "/proc/self/task/";
    *std::to_chars(path + std::strlen(path), path + 40, thread).ptr = '\0';
    std::strcat(path, name);
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
      const ssize_t got = ::read(file, text, sizeof(text));
      ::close(file);
      length = got > 0 ? static_cast<std::size_t>(got) : 0;
    }
  }
  std::string_view view() const noexcept { return {text, length}; }
};

// As sched_setattr takes it; glibc 2.36 does not declare it.
struct scheduling {
  std::uint32_t size = sizeof(scheduling);
  std::uint32_t policy = 0;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0;  // of an ordinary thread: its slice in nanoseconds
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};

}  // namespace

base::nanoseconds cpu_time_of(int thread) noexcept {
  // The kernel's number for a thread's CPU clock; pthread_getcpuclockid computes it in the same way.
  const auto clock = static_cast<clockid_t>((~static_cast<unsigned>(thread) << 3) | 6);
  timespec time{};
  if (thread == 0 || ::clock_gettime(clock, &time) != 0) {
    return 0;
  }
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

thread_activity activity_of(int thread) noexcept {
  thread_activity found{cpu_time_of(thread), true};
  if (thread == 0) {
    return found;
  }
  const task_file stat(thread, "/stat");
  const std::size_t after_name = stat.view().rfind(')');  // "id (name) state ..."
  found.wants_to_run =
      after_name == std::string_view::npos || after_name + 2 >= stat.length || stat.text[after_name + 2] == 'R';
  return found;
}

// The file says "running", or the call's number and arguments, the stack pointer and the program counter.
std::uint64_t kernel_wait_of(int thread) noexcept {
  if (thread == 0) {
    return 0;
  }
  const task_file call(thread, "/syscall");
  if (call.length == 0 || denied(service::kernel_wait)) {
    return kernel_does_not_tell;
  }
  if (call.view().starts_with("running")) {
    return 0;
  }
  std::uint64_t hash = 14695981039346656037U;  // FNV-1a
  for (const char c : call.view()) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  }
  return hash | 2;
}

// The caller may be a goroutine on its way, whose errno is its own.
void want_time_slice(int thread, base::nanoseconds slice) noexcept {
  const int errno_before = errno;
  scheduling now;
  if (thread != 0 && !denied(service::time_slice) && ::syscall(SYS_sched_getattr, thread, &now, sizeof(now), 0) == 0 &&
      (now.policy == SCHED_OTHER || now.policy == SCHED_BATCH)) {
    now.runtime = static_cast<std::uint64_t>(slice);
    ::syscall(SYS_sched_setattr, thread, &now, 0);
  }
  errno = errno_before;
}

}  // namespace goro::platform
