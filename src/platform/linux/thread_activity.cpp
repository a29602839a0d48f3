// What a thread does, as the kernel sees it. Its CPU time is not the time that base/clock.hpp gives: nothing waits for it.
#include <fcntl.h>
#include <time.h>
#include <unistd.h>
#include <charconv>
#include <cstring>

#include "platform/os.hpp"

namespace goro::platform {

thread_activity activity_of(int thread) noexcept {
  thread_activity found{0, true};
  if (thread == 0) {
    return found;
  }
  // The kernel's number for a thread's CPU clock; pthread_getcpuclockid computes it in the same way.
  const auto clock = static_cast<clockid_t>((~static_cast<unsigned>(thread) << 3) | 6);
  timespec time{};
  if (::clock_gettime(clock, &time) == 0) {
    found.cpu_time = time.tv_sec * 1'000'000'000 + time.tv_nsec;
  }
  char path[64] = "/proc/self/task/";
  *std::to_chars(path + std::strlen(path), path + 40, thread).ptr = '\0';
  std::strcat(path, "/stat");
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return found;
  }
  char text[256];
  const ssize_t length = ::read(file, text, sizeof(text) - 1);
  ::close(file);
  if (length > 0) {
    text[length] = '\0';
    const char* after_name = std::strrchr(text, ')');  // "id (name) state ..."
    found.wants_to_run = after_name == nullptr || after_name + 2 >= text + length || after_name[2] == 'R';
  }
  return found;
}

}  // namespace goro::platform
