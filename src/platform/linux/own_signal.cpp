#include "platform/linux/own_signal.hpp"

#include <sys/syscall.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/atomic.hpp"
#include "platform/linux/signal_masks.hpp"
#include "platform/thread_call.hpp"

namespace goro::platform {
namespace {

constinit base::atomic<int> own_signal{0};  // 0: not chosen yet

}  // namespace

// A signal brings the number of its call and not its address: another process that may send this one signals can send
// what looks like ours. Numbers are given by one thread at a time (thread_call::begin), and for ever.
class call_numbers {
 public:
  // 0: there are no more.
  static std::uintptr_t of(thread_call& call) noexcept {
    if (call.number_ == 0 && given != calls.size()) {
      calls[given].store(&call, base::memory_order_release);  // sync: thread-call-number
      call.number_ = ++given;
    }
    return call.number_;
  }
  // Null: no call has it.
  static thread_call* call(std::uintptr_t number) noexcept {
    return number - 1 < calls.size() ? calls[number - 1].load(base::memory_order_acquire)  // sync: thread-call-number
                                     : nullptr;
  }

 private:
  static constinit inline std::array<base::atomic<thread_call*>, std::size_t{1} << 16> calls{};
  static constinit inline std::uint32_t given = 0;
};

namespace {

// The si_code of those that bring a call: "goro", negative as all must be that are sent by processes.
constexpr int brings_call = -0x676f726f;

void obey(int, siginfo_t* info, void* code) noexcept {
  const int saved = errno;
  if (info->si_code == brings_call) {
    if (thread_call* call = call_numbers::call(reinterpret_cast<std::uintptr_t>(info->si_value.sival_ptr))) {
      carry_out_thread_call(*call);
    }
  }
  stand_still(*static_cast<const ucontext_t*>(code));
  errno = saved;
}

bool is_unused(int signal) noexcept {
  struct sigaction installed;
  return ::sigaction(signal, nullptr, &installed) == 0 && (installed.sa_flags & SA_SIGINFO) == 0 &&
         installed.sa_handler == SIG_DFL;
}

bool is_still_ours(int signal) noexcept {
  struct sigaction installed;
  return ::sigaction(signal, nullptr, &installed) == 0 && (installed.sa_flags & SA_SIGINFO) != 0 &&
         installed.sa_sigaction == &obey;
}

// Faults stay open: thread_call.cpp survives those of what it calls.
bool take(int signal) noexcept {
  struct sigaction ours;
  std::memset(&ours, 0, sizeof(ours));
  ours.sa_sigaction = &obey;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  ::sigfillset(&ours.sa_mask);
  ::sigdelset(&ours.sa_mask, SIGSEGV);
  ::sigdelset(&ours.sa_mask, SIGBUS);
  return ::sigaction(signal, &ours, nullptr) == 0;
}

sent result_of(long system_call) noexcept {
  if (system_call == 0) {
    return sent::yes;
  }
  return errno == ESRCH ? sent::gone : sent::refused;
}

// Calls in which threads sleep for long. With a timeout those of futexes and sockets fail, which does not show here.
bool goes_on_after_signal(long call) noexcept {
  constexpr std::array calls = {SYS_futex,  SYS_read,   SYS_readv,   SYS_wait4,
                                SYS_waitid, SYS_accept, SYS_accept4, SYS_flock};
  for (const long known : calls) {
    if (call == known) {
      return true;
    }
  }
  return call == task_state::runs;
}

// Those that would show it: with an error, or (receiving with MSG_WAITALL) with less than was asked for.
bool shows_signals(long call) noexcept {
#if defined(SYS_epoll_wait)
  if (call == SYS_epoll_wait) {
    return true;
  }
#endif
  return call == SYS_epoll_pwait || call == SYS_recvfrom || call == SYS_recvmsg;
}

}  // namespace

int take_own_signal() noexcept {
  int signal = own_signal.load(base::memory_order_relaxed);
  if (signal != 0 && is_still_ours(signal)) {
    return signal;
  }
  for (signal = SIGRTMAX; signal >= SIGRTMIN; --signal) {
    if (is_unused(signal) && take(signal)) {
      own_signal.store(signal, base::memory_order_relaxed);
      leave_open_in_new_threads(signal);
      return signal;
    }
  }
  return 0;
}

sent send_own_signal(int thread, int signal) noexcept {
  return result_of(::syscall(SYS_tgkill, ::getpid(), thread, signal));
}

sent send_own_signal(int thread, int signal, thread_call& call) noexcept {
  const std::uintptr_t number = call_numbers::of(call);
  if (number == 0) {
    return sent::refused;
  }
  siginfo_t info;
  std::memset(&info, 0, sizeof(info));
  info.si_signo = signal;
  info.si_code = brings_call;
  info.si_pid = ::getpid();
  info.si_uid = ::getuid();
  info.si_value.sival_ptr = reinterpret_cast<void*>(number);
  return result_of(::syscall(SYS_rt_tgsigqueueinfo, ::getpid(), thread, signal, &info));
}

bool can_be_interrupted(const task_state& task, int signal) noexcept {
  return goes_on_after_signal(task.call) && !blocks_signal(task.thread, signal);
}

bool may_be_interrupted(const task_state& task, int signal) noexcept {
  return (goes_on_after_signal(task.call) || shows_signals(task.call)) && !blocks_signal(task.thread, signal);
}

}  // namespace goro::platform
