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
  asked_thread* next = nullptr;  // while it stands in the queue
};

namespace {

// Those whose answers nobody waits for; of who has paused the world. Some may not be over, which were waited for in
// vain. Who looks for one that is over puts those at the end, so that they are met again only when all others are in
// use.
class asked_queue {
 public:
  void push(asked_thread& a) noexcept {
    a.next = nullptr;
    (last_ == nullptr ? first_ : last_->next) = &a;
    last_ = &a;
    ++size_;
  }
  asked_thread* pop() noexcept {
    asked_thread* const a = first_;
    if (a != nullptr) {
      first_ = a->next;
      last_ = first_ == nullptr ? nullptr : last_;
      --size_;
    }
    return a;
  }
  std::size_t size() const noexcept { return size_; }

 private:
  asked_thread* first_ = nullptr;
  asked_thread* last_ = nullptr;
  std::size_t size_ = 0;
};
constinit asked_queue unused;

asked_thread* make_asked() noexcept {
  constexpr std::size_t size =
      (sizeof(asked_thread) + platform::page_size - 1) / platform::page_size * platform::page_size;
  std::byte* memory = platform::reserve_memory(size, platform::page_size);
  if (memory == nullptr) {
    return nullptr;
  }
  return ::new (static_cast<void*>(memory)) asked_thread;
}

// Also has the unwinder ready.
bool unwinder_takes_no_lock() noexcept {
  static const bool takes_none = !platform::is_linked_statically() && call_stack::here().size() != 0;
  return takes_none;
}

asked_thread* take_unused() noexcept {
  for (std::size_t left = unused.size(); left != 0; --left) {
    asked_thread* const a = unused.pop();
    if (a->is_over()) {
      return a;
    }
    unused.push(*a);
  }
  return make_asked();
}

}  // namespace

asked_thread* ask_for_calls(const sched::goroutine_view& who) noexcept {
  if (!threads_can_tell || who.worker_of == nullptr || !unwinder_takes_no_lock()) {
    return nullptr;
  }
  asked_thread* asked = take_unused();
  if (asked != nullptr && !asked->begin(who.worker_of->thread_id.load(base::memory_order_relaxed))) {
    unused.push(*asked);
    asked = nullptr;
  }
  return asked;
}

const call_stack* calls_told_by(asked_thread& asked, base::nanoseconds deadline) noexcept {
  unused.push(asked);
  return asked.finish(deadline) && asked.calls.size() != 0 ? &asked.calls : nullptr;
}

}  // namespace goro::diag
