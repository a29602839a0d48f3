// Who the caller is. The only file that names goro's thread_local variables.
#include <cerrno>
#include <utility>

#include "goro/go.hpp"
#include "sched/agent.hpp"
#include "sched/inspect.hpp"
#include "sched/scheduler.hpp"
#include "sched/thread_parker.hpp"

namespace goro::sched {
namespace {

constinit thread_local worker* thread_worker = nullptr;
constinit thread_local thread_parker thread_parker_of_this{};
constinit thread_local void* thread_local_storage = nullptr;

}  // namespace

// noinline and the empty asm: a compiler may keep the address of a thread_local across a context switch, after which
// the goroutine may be on another thread. Nothing else in goro names these variables.
[[gnu::noinline]] worker* this_worker() noexcept {
  worker** place = &thread_worker;
  asm volatile("" : "+r"(place) : : "memory");
  return *place;
}

[[gnu::noinline]] void set_this_worker(worker* w) noexcept {
  worker** place = &thread_worker;
  asm volatile("" : "+r"(place) : : "memory");
  *place = w;
}

[[gnu::noinline]] thread_parker& this_thread_parker() noexcept {
  thread_parker* place = &thread_parker_of_this;
  asm volatile("" : "+r"(place) : : "memory");
  return *place;
}

// The storage of a foreign thread ends with it.
namespace {
struct thread_storage_guard {
  ~thread_storage_guard() {
    if (thread_local_storage != nullptr) {
      if (auto* destroy = local_storage_destroy_hook.load(base::memory_order_acquire)) {  // sync: hook
        destroy(std::exchange(thread_local_storage, nullptr));
      }
    }
  }
};

[[gnu::noinline]] void** thread_storage_slot() noexcept {
  static thread_local thread_storage_guard guard;
  asm volatile("" : : "r"(&guard) : "memory");
  void** place = &thread_local_storage;
  asm volatile("" : "+r"(place) : : "memory");
  return place;
}
}  // namespace

void** local_storage_slot() noexcept {
  worker* w = this_worker();
  return w != nullptr && w->current != nullptr ? &w->current->local_storage : thread_storage_slot();
}

const void* current_agent() noexcept {
  worker* w = this_worker();
  if (w != nullptr && w->current != nullptr) {
    return w->current->record;  // lives exactly as long as the goroutine
  }
  return &this_thread_parker();
}

unsigned processor_hint() noexcept {
  worker* w = this_worker();
  return w != nullptr ? w->last_held->id : 0;
}

bool current_goroutine(goroutine_view& view) noexcept {
  worker* w = this_worker();
  if (w == nullptr || w->current == nullptr || w->current->record == nullptr) {
    return false;
  }
  view = view_of(*w->current);
  view.state = goroutine_state::running;
  view.saved = nullptr;
  return true;
}

}  // namespace goro::sched

namespace goro {

[[gnu::noinline]] int last_errno() noexcept {
  int* place = &errno;
  asm volatile("" : "+r"(place) : : "memory");
  return *place;
}

std::uint64_t goroutine_id() noexcept {
  sched::worker* w = sched::this_worker();
  return w != nullptr && w->current != nullptr ? w->current->record->id : 0;
}

}  // namespace goro
