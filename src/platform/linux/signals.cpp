// The handler and what it may touch. Everything in it is async-signal-safe: two atomics, one futex call, and the former
// action of a fault, which is written before the handler is installed.
//
// A signal on its way. Who writes what:
//   handler     (1) sets the signal's bit in `arrived`   (2) sets `bell` and, when it was clear, wakes who waits for it
//   waiting     (3) sleeps while `bell` is clear         (4) clears `bell`, and returns
//   taking      (5) takes all bits of `arrived`; after each (4), and by others at any time
// No signal is left lying. All changes of `bell` are read-modify-writes, so any (2) comes before or after a given (4).
// Before: (4) reads what (2) wrote, or what a later one made of it, and acquires; so the bit is there for the (5) that
// follows, unless somebody has taken it. After: `bell` is set again and the next (3) does not sleep. It cannot sleep
// through that either: the kernel compares `bell` with clear in one step with falling asleep, so it sees the change, or
// is asleep when the wake comes; and who found `bell` set need not wake, since the one that set it does.
// Coalescing is the bit: a signal that comes again before it is taken finds it set.
//
// Race builds. ThreadSanitizer puts handlers of its own before those of the program, and holds a signal back until the
// thread calls a function it intercepts, which a thread that sleeps in goro does not do. So our handler is installed
// past it, and this file is not instrumented in any build (CMakeLists.txt). All else goes through it, and shows what
// the program has installed.
#include "platform/signals.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/futex.hpp"
#include "goro/detail/config.hpp"
#include "platform/linux/former_action.hpp"

#if GORO_WITH_TSAN
extern "C" int __sigaction(int, const struct sigaction*, struct sigaction*);
#endif

namespace goro::platform {
namespace {

constinit base::atomic<signal_set> arrived{0};
constinit base::futex_word bell{0};
constinit base::atomic<signal_set> silenced{0};  // faults that are ignored when somebody sends them

// Of signal n at n - 1.
struct sigaction former[last_signal];
signal_action current[last_signal];  // all `former` at first

constexpr bool may_be_a_fault(int signal) noexcept {
  return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL || signal == SIGTRAP ||
         signal == SIGSYS;
}

void announce(int signal) noexcept {
  arrived.fetch_or(set_of(signal), base::memory_order_release);  // sync: signal-arrived
  if (bell.exchange(1, base::memory_order_release) == 0) {       // sync: signal-bell
    ::syscall(SYS_futex, &bell, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }
}

void handle(int signal, siginfo_t* info, void* code) noexcept {
  const int saved = errno;
  if (may_be_a_fault(signal) && info->si_code > 0) {
    act_as_before(former[signal - 1], signal, info, code);
  } else if ((silenced.load(base::memory_order_relaxed) & set_of(signal)) == 0) {
    announce(signal);
  }
  errno = saved;
}

bool is_our_handler(const struct sigaction& installed) noexcept {
  return (installed.sa_flags & SA_SIGINFO) != 0 && installed.sa_sigaction == &handle;
}

void install(int signal, const struct sigaction& action) noexcept {
#if GORO_WITH_TSAN
  ::__sigaction(signal, &action, nullptr);
#else
  ::sigaction(signal, &action, nullptr);
#endif
}

base::atomic<bool (*)()> quit_notice{nullptr};

void handle_quit(int signal) noexcept {
  const int saved = errno;
  bool (*notice)() = quit_notice.exchange(nullptr, base::memory_order_acquire);  // sync: quit-notice
  if (notice == nullptr || !notice()) {
    struct sigaction by_default;
    std::memset(&by_default, 0, sizeof(by_default));
    by_default.sa_handler = SIG_DFL;
    install(signal, by_default);
    ::raise(signal);
  }
  errno = saved;
}

void install_our_handler(int signal) noexcept {
  struct sigaction ours;
  std::memset(&ours, 0, sizeof(ours));
  ours.sa_sigaction = &handle;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  ::sigfillset(&ours.sa_mask);  // one after another, so that the alternate stack is enough
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}) {
    ::sigdelset(&ours.sa_mask, fault);
  }
  install(signal, ours);
}

bool is_ignoring(const struct sigaction& installed) noexcept {
  return (installed.sa_flags & SA_SIGINFO) == 0 && installed.sa_handler == SIG_IGN;
}

// Is what is installed goro's? Our handler may also have been put back by somebody who had set it aside (system(), for
// SIGINT).
bool is_ours(int signal, const struct sigaction& installed) noexcept {
  return is_our_handler(installed) || (current[signal - 1] == signal_action::ignored && is_ignoring(installed));
}

void silence(int signal, bool on) noexcept {
  if (on) {
    silenced.fetch_or(set_of(signal), base::memory_order_relaxed);
  } else {
    silenced.fetch_and(~set_of(signal), base::memory_order_relaxed);
  }
}

}  // namespace

bool can_change_action(int signal) noexcept {
  return signal >= 1 && signal <= last_signal && (changeable_signals() & set_of(signal)) != 0;
}

// Those between the standard signals and SIGRTMIN are the C library's.
signal_set changeable_signals() noexcept {
  constexpr int last_standard = 31;
  signal_set all = 0;
  for (int signal = 1; signal <= last_signal; ++signal) {
    const bool exists = signal <= last_standard || (signal >= SIGRTMIN && signal <= SIGRTMAX);
    if (exists && signal != SIGKILL && signal != SIGSTOP) {
      all |= set_of(signal);
    }
  }
  return all;
}

void set_action(int signal, signal_action action) noexcept {
  struct sigaction installed;
  if (::sigaction(signal, nullptr, &installed) != 0) {
    return;  // an emulator without this signal
  }
  const bool ours = is_ours(signal, installed);
  const signal_action before = current[signal - 1];
  current[signal - 1] = action;
  if (action == signal_action::former) {
    if (ours) {
      ::sigaction(signal, &former[signal - 1], nullptr);
    }
    silence(signal, false);
    return;
  }
  if (!ours) {
    former[signal - 1] = installed;
  }
  silence(signal, action == signal_action::ignored && may_be_a_fault(signal));
  if (before == action && ours) {
    return;
  }
  if (action == signal_action::ignored && !may_be_a_fault(signal)) {
    std::signal(signal, SIG_IGN);
  } else {
    install_our_handler(signal);
  }
}

bool is_ignored(int signal) noexcept {
  struct sigaction installed;
  if (::sigaction(signal, nullptr, &installed) != 0) {
    return false;
  }
  return is_our_handler(installed) ? (silenced.load(base::memory_order_relaxed) & set_of(signal)) != 0
                                   : is_ignoring(installed);
}

void on_quit(bool (*notice)()) noexcept {
  struct sigaction present;
  if (::sigaction(SIGQUIT, nullptr, &present) != 0 || (present.sa_flags & SA_SIGINFO) != 0 ||
      present.sa_handler != SIG_DFL) {
    return;
  }
  quit_notice.store(notice, base::memory_order_release);  // sync: quit-notice
  struct sigaction ours;
  std::memset(&ours, 0, sizeof(ours));
  ours.sa_handler = &handle_quit;
  ours.sa_flags = SA_ONSTACK | SA_RESTART;
  ::sigfillset(&ours.sa_mask);
  install(SIGQUIT, ours);
}

void send_to_this_process(int signal) noexcept { ::kill(::getpid(), signal); }

// The C library's words are Go's, but for the capital letter and for what Go does not name.
std::string description_of_signal(int signal) {
  constexpr int last_named = SIGTERM;
  const char* words = signal >= 1 && signal <= last_named ? ::sigdescr_np(signal) : nullptr;
  if (words == nullptr) {
    return "signal " + std::to_string(signal);
  }
  std::string text(words);
  constexpr char to_lower = 'a' - 'A';
  if (text[0] >= 'A' && text[0] <= 'Z') {
    text[0] = static_cast<char>(text[0] + to_lower);
  }
  return text;
}

void wait_for_arrival() noexcept {
  while (bell.exchange(0, base::memory_order_acquire) == 0) {  // sync: signal-bell
    base::futex_wait(bell, 0);
  }
}

signal_set take_arrived() noexcept {
  return arrived.load(base::memory_order_relaxed) == 0
             ? 0
             : arrived.exchange(0, base::memory_order_acquire);  // sync: signal-arrived
}

}  // namespace goro::platform
