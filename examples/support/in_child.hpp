// Measuring in a process of its own: a fresh start for every figure, and nothing it takes is missed afterwards.
#pragma once

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <type_traits>

#include <sys/wait.h>
#include <unistd.h>

namespace tour {

// Calls `measure` in a forked child and returns what it returned. The calling process must not have started a
// goroutine or a thread: fork() copies only the thread that calls it.
template <class Measure>
auto in_child(Measure measure) {
  using result_type = std::invoke_result_t<Measure>;
  static_assert(std::is_trivially_copyable_v<result_type>, "the result travels through a pipe");
  int ends[2];
  if (pipe(ends) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe");
  }
  std::fflush(stdout);
  const pid_t child = fork();
  if (child < 0) {
    throw std::system_error(errno, std::generic_category(), "fork");
  }
  if (child == 0) {
    const result_type result = measure();
    const bool sent = write(ends[1], &result, sizeof result) == sizeof result;
    std::_Exit(sent ? 0 : 1);
  }
  close(ends[1]);
  result_type result{};
  const bool received = read(ends[0], &result, sizeof result) == sizeof result;
  close(ends[0]);
  waitpid(child, nullptr, 0);
  if (!received) {
    throw std::runtime_error("the measuring process died");
  }
  return result;
}

}  // namespace tour
