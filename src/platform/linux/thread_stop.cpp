// One table of the threads that are to be stopped. Who writes what:
//   stopping    (1) writes the thread's entry and counts it in   (2) sends the signal
//   handler     (3) finds its entry, of this round               (4) writes where its stack begins, then `here`,
//                                                                    and wakes who stops
//   stopping    (5) waits until `here` is set in all entries
//   handler     (6) sleeps while `round` is this round
//   releasing   (7) advances `round`, and wakes all
// A signal that arrives after its round, since the thread was not scheduled until then, finds no entry or another
// round's, and does nothing: an entry counts only together with the round that made it, and `round` is even while
// nobody is to be stopped.
#include "platform/thread_stop.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>

#include "base/futex.hpp"
#include "platform/linux/own_signal.hpp"
#include "platform/linux/task_folder.hpp"
#include "platform/os.hpp"

namespace goro::platform {
namespace {

struct entry {
  base::atomic<int> thread{0};
  base::atomic<std::uint32_t> here{0};  // the round in which the thread stands in the handler
  base::atomic<const std::byte*> stack_pointer{nullptr};
};

constexpr std::size_t most_threads = 1024;
constinit std::array<entry, most_threads> entries{};
constinit base::atomic<std::size_t> entry_count{0};
constinit base::futex_word round{0};     // odd: threads are to be stopped
constinit base::futex_word arrivals{0};  // of threads in the handler

entry* entry_of(int thread) noexcept {
  const std::size_t count = entry_count.load(base::memory_order_acquire);  // sync: stop-entry
  for (std::size_t i = 0; i < count; ++i) {
    if (entries[i].thread.load(base::memory_order_relaxed) == thread) {
      return &entries[i];
    }
  }
  return nullptr;
}

const std::byte* interrupted_stack_pointer(const ucontext_t& code) noexcept {
#if defined(__x86_64__)
  return reinterpret_cast<const std::byte*>(code.uc_mcontext.gregs[REG_RSP]);
#elif defined(__aarch64__)
  return reinterpret_cast<const std::byte*>(code.uc_mcontext.sp);
#else
#error "platform/linux knows x86-64 and aarch64"
#endif
}

// On an alternate stack the frame of the signal is in memory that is nobody's stack, and what counts is the stack that
// was left.
const std::byte* begin_of_stack(const std::byte* frame, const ucontext_t& code) noexcept {
  const auto* alternate = static_cast<const std::byte*>(code.uc_stack.ss_sp);
  const bool is_alternate = alternate != nullptr && frame >= alternate && frame < alternate + code.uc_stack.ss_size;
  return is_alternate ? interrupted_stack_pointer(code) : frame;
}

// False: one cannot be stopped. `added` says whether there was one that is new.
bool stop_those_that_are_new(base::function_ref<bool(int)> leaves, int signal, bool& added) noexcept {
  bool possible = true;
  const bool complete = for_each_other_task([&](const task_state& task) {
    if (!possible || leaves(task.thread) || entry_of(task.thread) != nullptr) {
      return;
    }
    const std::size_t count = entry_count.load(base::memory_order_relaxed);
    if (count == most_threads || !may_be_interrupted(task, signal)) {
      possible = false;
      return;
    }
    entries[count].here.store(0, base::memory_order_relaxed);
    entries[count].thread.store(task.thread, base::memory_order_relaxed);
    entry_count.store(count + 1, base::memory_order_release);  // sync: stop-entry
    added = true;
    if (const sent result = send_own_signal(task.thread, signal); result != sent::yes) {
      entries[count].thread.store(0, base::memory_order_relaxed);
      possible = result == sent::gone;
    }
  });
  return possible && complete;
}

bool has_ended(int thread) noexcept { return send_own_signal(thread, 0) == sent::gone; }

bool stands_or_has_ended(entry& e) noexcept {
  const int thread = e.thread.load(base::memory_order_relaxed);
  if (thread == 0 ||
      e.here.load(base::memory_order_acquire) == round.load(base::memory_order_relaxed)) {  // sync: thread-stopped
    return true;
  }
  if (has_ended(thread)) {  // without having come to take the signal
    e.thread.store(0, base::memory_order_relaxed);
    return true;
  }
  return false;
}

bool wait_until_all_stand(base::nanoseconds deadline) noexcept {
  constexpr base::nanoseconds between_looks = 1'000'000;
  for (;;) {
    const std::uint32_t before = arrivals.load(base::memory_order_acquire);  // sync: stop-arrival
    bool all = true;
    const std::size_t count = entry_count.load(base::memory_order_relaxed);
    for (std::size_t i = 0; i < count; ++i) {
      all = all && stands_or_has_ended(entries[i]);
    }
    if (all) {
      return true;
    }
    const base::nanoseconds now = base::now_ns();
    if (now >= deadline) {
      return false;
    }
    base::futex_wait(arrivals, before, std::min(deadline, now + between_looks));
  }
}

}  // namespace

void stand_still(const ucontext_t& interrupted) noexcept {
  const std::uint32_t now = round.load(base::memory_order_acquire);  // sync: stop-round
  entry* own = now % 2 == 1 ? entry_of(thread_id()) : nullptr;
  if (own == nullptr) {
    return;
  }
  const auto* frame = static_cast<const std::byte*>(__builtin_frame_address(0));  // the signal's is above it
  own->stack_pointer.store(begin_of_stack(frame, interrupted), base::memory_order_relaxed);
  own->here.store(now, base::memory_order_release);   // sync: thread-stopped
  arrivals.fetch_add(1, base::memory_order_release);  // sync: stop-arrival
  ::syscall(SYS_futex, &arrivals, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
  while (round.load(base::memory_order_acquire) == now) {  // sync: stop-round
    ::syscall(SYS_futex, &round, FUTEX_WAIT_PRIVATE, now, nullptr, nullptr, 0);
  }
}

bool prepare_to_stop_threads() noexcept { return take_own_signal() != 0; }

bool stopped_threads::stop(base::function_ref<bool(int thread)> leaves, base::nanoseconds deadline) noexcept {
  const int signal = take_own_signal();
  if (signal == 0) {
    return false;
  }
  entry_count.store(0, base::memory_order_relaxed);
  round.fetch_add(1, base::memory_order_release);  // sync: stop-round
  // Again until there is none: one that still runs may start another.
  for (bool added = true; added;) {
    added = false;
    if (base::now_ns() >= deadline || !stop_those_that_are_new(leaves, signal, added) ||
        !wait_until_all_stand(deadline)) {
      return false;
    }
  }
  return true;
}

void stopped_threads::release() noexcept {
  if (round.load(base::memory_order_relaxed) % 2 == 1) {
    for (std::size_t i = entry_count.load(base::memory_order_relaxed); i-- > 0;) {
      entries[i].stack_pointer.store(nullptr,
                                     base::memory_order_relaxed);  // the next look would take it for a reference
    }
    round.fetch_add(1, base::memory_order_release);  // sync: stop-round
    ::syscall(SYS_futex, &round, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
  }
}

const std::byte* stack_pointer_of_stopped(int thread) noexcept {
  const std::uint32_t now = round.load(base::memory_order_relaxed);
  const entry* e = now % 2 == 1 ? entry_of(thread) : nullptr;
  return e != nullptr && e->here.load(base::memory_order_acquire) == now  // sync: thread-stopped
             ? e->stack_pointer.load(base::memory_order_relaxed)
             : nullptr;
}

}  // namespace goro::platform
