#include "platform/linux/former_action.hpp"

#include <cstring>

namespace goro::platform {
namespace {

// The default action: back to the instruction with the handler removed, so that it faults again and the process dies of
// the right signal with the right core. A signal that somebody sent does not come again by itself: send it on.
void die_by_default(int signal, const siginfo_t& info) noexcept {
  struct sigaction standard;
  std::memset(&standard, 0, sizeof(standard));
  standard.sa_handler = SIG_DFL;
  ::sigaction(signal, &standard, nullptr);
  if (info.si_code <= 0) {
    ::raise(signal);
  }
}

}  // namespace

void act_as_before(const struct sigaction& before, int signal, siginfo_t* info, void* code) noexcept {
  const bool sent = info->si_code <= 0;
  if ((before.sa_flags & SA_SIGINFO) == 0 && before.sa_handler == SIG_IGN && sent) {
    return;
  }
  if ((before.sa_flags & SA_SIGINFO) == 0 && (before.sa_handler == SIG_DFL || before.sa_handler == SIG_IGN)) {
    die_by_default(signal, *info);  // a fault cannot be ignored: the kernel kills then, too
    return;
  }
  sigset_t blocked = before.sa_mask;
  if ((before.sa_flags & SA_NODEFER) == 0) {
    ::sigaddset(&blocked, signal);
  }
  ::pthread_sigmask(SIG_BLOCK, &blocked, nullptr);  // undone by the return from the signal
  if ((before.sa_flags & SA_SIGINFO) != 0) {
    before.sa_sigaction(signal, info, code);
  } else {
    before.sa_handler(signal);
  }
}

}  // namespace goro::platform
