// poll/poller.hpp by Linux's epoll. ThreadSanitizer does not see the descriptors in here: it would take each event for
// an edge from everybody who ever registered something.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <ctime>

#include "base/check.hpp"
#include "platform/faults.hpp"
#include "platform/sanitizer.hpp"
#include "poll/poller.hpp"

namespace goro::poll {
namespace {

constexpr std::uint64_t bell_token = 0;

#ifndef SYS_epoll_pwait2
constexpr long epoll_pwait2_number = 441;
#else
constexpr long epoll_pwait2_number = SYS_epoll_pwait2;
#endif

// Set for good when the kernel (before 5.11) does not know it.
constinit base::atomic<bool> no_fine_timeout{false};

// Milliseconds, rounded up: who waits for a timer must not find it still ahead.
int coarse_timeout(base::nanoseconds left) noexcept {
  const base::nanoseconds ms = left / 1'000'000 + (left % 1'000'000 != 0 ? 1 : 0);
  return ms > INT_MAX ? INT_MAX : static_cast<int>(ms);
}

// epoll_wait with a timeout of nanoseconds; `never`: none.
int wait_for(int epoll, epoll_event* events, int most, base::nanoseconds left) noexcept {
  if (left == base::never || left == 0) {
    return ::epoll_wait(epoll, events, most, left == 0 ? 0 : -1);
  }
  if (!no_fine_timeout.load(base::memory_order_relaxed) && !platform::denied(platform::service::fine_poll)) {
    const timespec timeout{static_cast<time_t>(left / 1'000'000'000), static_cast<long>(left % 1'000'000'000)};
    const long n = ::syscall(epoll_pwait2_number, epoll, events, most, &timeout, nullptr, std::size_t{8});
    if (n >= 0 || (errno != ENOSYS && errno != EPERM)) {
      return static_cast<int>(n);
    }
    no_fine_timeout.store(true, base::memory_order_relaxed);
  }
  return ::epoll_wait(epoll, events, most, coarse_timeout(left));
}

event from_system(const epoll_event& e) noexcept {
  constexpr std::uint32_t broken = EPOLLERR | EPOLLHUP;
  constexpr std::uint32_t unusual = broken | EPOLLRDHUP | EPOLLPRI;
  return {e.data.u64, (e.events & (EPOLLIN | unusual)) != 0, (e.events & (EPOLLOUT | broken)) != 0,
          (e.events & unusual) != 0};
}

// Waits and translates. `rung`: the bell was among the events.
std::size_t collect(int epoll, std::span<event> events, base::nanoseconds left, bool& rung) noexcept {
  const platform::sanitizer_unobserved quiet;
  epoll_event raw[poller::most_events];
  const int n = wait_for(epoll, raw, static_cast<int>(std::min(events.size(), poller::most_events)), left);
  if (n < 0 && errno != EINTR) [[unlikely]] {
    base::fatal_error("epoll_wait failed: was the poller's descriptor closed?");
  }
  std::size_t count = 0;
  for (int i = 0; i < n; ++i) {
    if (raw[i].data.u64 == bell_token) {
      rung = true;
    } else {
      events[count++] = from_system(raw[i]);
    }
  }
  return count;
}

}  // namespace

int poller::open() noexcept {
  const platform::sanitizer_unobserved quiet;
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) {
    return errno;
  }
  bell_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  epoll_event e{};
  e.events = EPOLLIN;
  e.data.u64 = bell_token;
  if (bell_ < 0 || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, bell_, &e) != 0) {
    const int error = errno;
    if (bell_ >= 0) {
      ::close(bell_);
    }
    ::close(epoll_);
    return error;
  }
  return 0;
}

int poller::add(int descriptor, std::uint64_t token) noexcept {
  const platform::sanitizer_unobserved quiet;
  epoll_event e{};
  e.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET;
  e.data.u64 = token;
  return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &e) == 0 ? 0 : errno;
}

void poller::remove(int descriptor) noexcept {
  const platform::sanitizer_unobserved quiet;
  epoll_event ignored{};
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, &ignored);
}

std::size_t poller::look(std::span<event> events) noexcept {
  bool rung = false;
  return collect(epoll_, events, 0, rung);
}

std::size_t poller::wait(std::span<event> events, base::nanoseconds deadline) noexcept {
  base::nanoseconds left = deadline;
  if (deadline != base::never) {
    const base::nanoseconds now = base::now_ns();
    left = std::max(deadline, now) - now;  // the deadline may be any number
  }
  bool rung = false;
  const std::size_t count = collect(epoll_, events, left, rung);
  if (rung) {
    const platform::sanitizer_unobserved quiet;
    std::uint64_t rings;
    [[maybe_unused]] const auto ignored = ::read(bell_, &rings, sizeof rings);
  }
  return count;
}

void poller::wake() noexcept {
  const platform::sanitizer_unobserved quiet;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto ignored = ::write(bell_, &one, sizeof one);
}

}  // namespace goro::poll
