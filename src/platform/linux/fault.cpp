// SIGSEGV and SIGBUS: goro looks first whether the fault is a goroutine's stack overflow, and passes on what is not.
//
// Everything here is async-signal-safe: `claim_` is an atomic, `previous` is written before the handler is installed
// and constant afterwards.
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>

#include "base/atomic.hpp"
#include "platform/linux/former_action.hpp"
#include "platform/linux/own_signal.hpp"
#include "platform/os.hpp"

namespace goro::platform {
namespace {

base::atomic<void (*)(const memory_fault&)> claim{nullptr};

struct sigaction previous_segv;
struct sigaction previous_bus;

memory_fault describe(int signal, const siginfo_t& info, const ucontext_t& code) noexcept {
#if defined(__x86_64__)
  const auto stack_pointer = static_cast<std::uintptr_t>(code.uc_mcontext.gregs[REG_RSP]);
  const auto program_counter = static_cast<std::uintptr_t>(code.uc_mcontext.gregs[REG_RIP]);
  const auto frame_pointer = static_cast<std::uintptr_t>(code.uc_mcontext.gregs[REG_RBP]);
#elif defined(__aarch64__)
  const std::uintptr_t stack_pointer = code.uc_mcontext.sp;
  const std::uintptr_t program_counter = code.uc_mcontext.pc;
  const std::uintptr_t frame_pointer = code.uc_mcontext.regs[29];
#else
#error "platform/linux knows x86-64 and aarch64"
#endif
  return {signal == SIGBUS ? "SIGBUS: bus error" : "SIGSEGV: segmentation violation",
          info.si_code,
          static_cast<const std::byte*>(info.si_addr),
          reinterpret_cast<const std::byte*>(stack_pointer),
          reinterpret_cast<const void*>(program_counter),
          reinterpret_cast<const void*>(frame_pointer)};
}

// A fault inside the report must come back here, where fatal_error() notices the second error and ends the process with
// its own status, instead of being killed by a blocked signal. Not by SA_NODEFER: ThreadSanitizer installs handlers of
// its own, which block everything.
void unblock_faults() noexcept {
  sigset_t faults;
  ::sigemptyset(&faults);
  ::sigaddset(&faults, SIGSEGV);
  ::sigaddset(&faults, SIGBUS);
  ::pthread_sigmask(SIG_UNBLOCK, &faults, nullptr);
}

void handle(int signal, siginfo_t* info, void* code) noexcept {
  const int saved = errno;
  unblock_faults();
  if (info->si_code > 0) {
    leave_thread_call_that_faults();
    claim.load(base::memory_order_acquire)(
        describe(signal, *info, *static_cast<const ucontext_t*>(code)));  // sync: claim
  }
  act_as_before(signal == SIGSEGV ? previous_segv : previous_bus, signal, info, code);
  errno = saved;
}

void install(int signal, struct sigaction& before) noexcept {
  struct sigaction ours;
  std::memset(&ours, 0, sizeof(ours));
  ours.sa_sigaction = &handle;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ::sigemptyset(&ours.sa_mask);
  ::sigaction(signal, nullptr, &before);  // first: the handler may run at once
  ::sigaction(signal, &ours, nullptr);
}

// Alternate signal stacks. --------------------------------------------------------------------------------------

// Unwinders, symbolizers and sanitizer reports run here. Committed as touched.
constexpr std::size_t alternate_size = std::size_t{256} << 10;
constexpr std::size_t alternate_mapping = alternate_size + page_size;  // one guard page below

// The alternate stack before ours, kept at the high end of ours. It must be put back: AddressSanitizer gives every
// thread one and unmaps, at the thread's end, whatever is installed then.
struct alignas(64) displaced {
  stack_t stack;
};
displaced* displaced_of(std::byte* mapping) noexcept {
  return reinterpret_cast<displaced*>(mapping + alternate_mapping - sizeof(displaced));
}

bool is_ours(const stack_t& installed) noexcept {
  return (installed.ss_flags & SS_DISABLE) == 0 && installed.ss_size == alternate_size - sizeof(displaced);
}

}  // namespace

void on_memory_fault(void (*new_claim)(const memory_fault&)) noexcept {
  static base::atomic<bool> installed{false};
  claim.store(new_claim, base::memory_order_release);  // sync: claim
  if (!installed.exchange(true, base::memory_order_relaxed)) {
    install(SIGSEGV, previous_segv);
    install(SIGBUS, previous_bus);
  }
}

bool install_alternate_signal_stack() noexcept {
  void* raw =
      ::mmap(nullptr, alternate_mapping, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (raw == MAP_FAILED) {
    return false;
  }
  auto* mapping = static_cast<std::byte*>(raw);
  ::mprotect(mapping, page_size, PROT_NONE);
  displaced* before = ::new (static_cast<void*>(displaced_of(mapping))) displaced;
  stack_t ours{};
  ours.ss_sp = mapping + page_size;
  ours.ss_size = alternate_size - sizeof(displaced);
  if (::sigaltstack(&ours, &before->stack) != 0) {
    ::munmap(mapping, alternate_mapping);
    return false;
  }
  return true;
}

void remove_alternate_signal_stack() noexcept {
  stack_t installed{};
  if (::sigaltstack(nullptr, &installed) != 0 || !is_ours(installed)) {
    return;
  }
  std::byte* mapping = static_cast<std::byte*>(installed.ss_sp) - page_size;
  stack_t before = displaced_of(mapping)->stack;
  if (::sigaltstack(&before, nullptr) != 0) {
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);
  }
  ::munmap(mapping, alternate_mapping);
}

}  // namespace goro::platform
