// What a thread does, as the kernel sees it. Its CPU time is not the time that base/clock.hpp gives: nothing waits for
// it.
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>

#include "platform/faults.hpp"
#include "platform/linux/task_folder.hpp"
#include "platform/os.hpp"

namespace goro::platform {
namespace {

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
  std::array<char, 256> buffer;
  const std::string_view stat = read_task_file(thread, "/stat", buffer);
  const std::size_t after_name = stat.rfind(')');  // "id (name) state ..."
  found.wants_to_run =
      after_name == std::string_view::npos || after_name + 2 >= stat.size() || stat[after_name + 2] == 'R';
  return found;
}

// The file says "running", or the call's number and arguments, the stack pointer and the program counter.
std::uint64_t kernel_wait_of(int thread) noexcept {
  if (thread == 0) {
    return 0;
  }
  std::array<char, 256> buffer;
  const std::string_view call = read_task_file(thread, "/syscall", buffer);
  if (call.empty() || denied(service::kernel_wait)) {
    return kernel_does_not_tell;
  }
  if (call.starts_with("running")) {
    return 0;
  }
  std::uint64_t hash = 14695981039346656037U;  // FNV-1a
  for (const char c : call) {
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
