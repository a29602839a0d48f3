// What a thread has been asked may be answered long after the one who asked has given up. So that is kept for ever, and
// used anew when it is over; there are as many as goroutines have run at one moment.
//
// The walk is made for code that may be interrupted anywhere. In a program with a dynamic loader the unwinder takes no
// lock where the C library has _dl_find_object (glibc 2.35); else that of the list of modules, which its owner may take
// again. What it prepares when it is first used is prepared before anybody is asked. Where unwind information is
// registered by hand, libgcc (up to 12) looks it up under a lock that its owner may not take again: nobody is asked in
// statically linked programs, and a just-in-time compiler that registers its code should not be met here
// (docs/DEBUGGING.md).
//
// Code without unwind information ends the walk; wrong information may lead it astray, to a fault which ends it
// (thread_call.hpp) or, where libgcc cannot interpret it, to abort().
#include "diag/running_calls.hpp"

#include <new>

#include "platform/module.hpp"
#include "platform/os.hpp"
#include "platform/thread_call.hpp"
#include "sched/worker.hpp"

namespace goro::diag {

struct asked_thread : platform::thread_call {
  asked_thread() noexcept
      : thread_call(
            [](thread_call& self) noexcept { static_cast<asked_thread&>(self).calls = call_stack::interrupted(); }) {}

  call_stack calls;
  bool in_use = false;  // in this pause
  asked_thread* next = nullptr;
};

namespace {

// Of who has paused the world.
constinit asked_thread* all_asked = nullptr;

asked_thread* make_asked() noexcept {
  constexpr std::size_t size =
      (sizeof(asked_thread) + platform::page_size - 1) / platform::page_size * platform::page_size;
  std::byte* memory = platform::reserve_memory(size, platform::page_size);
  if (memory == nullptr) {
    return nullptr;
  }
  auto* made = ::new (static_cast<void*>(memory)) asked_thread;
  made->next = all_asked;
  all_asked = made;
  return made;
}

// Also has the unwinder ready.
bool unwinder_takes_no_lock() noexcept {
  static const bool takes_none = !platform::is_linked_statically() && call_stack::here().size() != 0;
  return takes_none;
}

asked_thread* find_unused() noexcept {
  for (asked_thread* a = all_asked; a != nullptr; a = a->next) {
    if (!a->in_use && a->is_over()) {
      return a;
    }
  }
  return make_asked();
}

}  // namespace

asked_thread* ask_for_calls(const sched::goroutine_view& who) noexcept {
  if (!threads_can_tell || who.worker_of == nullptr || !unwinder_takes_no_lock()) {
    return nullptr;
  }
  asked_thread* asked = find_unused();
  if (asked == nullptr || !asked->begin(who.worker_of->thread_id.load(base::memory_order_relaxed))) {
    return nullptr;
  }
  asked->in_use = true;
  return asked;
}

const call_stack* calls_told_by(asked_thread& asked, base::nanoseconds deadline) noexcept {
  asked.in_use = false;
  return asked.finish(deadline) && asked.calls.size() != 0 ? &asked.calls : nullptr;
}

}  // namespace goro::diag
