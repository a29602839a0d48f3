// Start, settings and the end of the process.
#include <cxxabi.h>

#include <charconv>
#include <cstdlib>
#include <new>
#include <string>

#include "base/hooks.hpp"
#include "goro/go.hpp"
#include "platform/os.hpp"
#include "sched/agent.hpp"
#include "sched/inspect.hpp"
#include "sched/scheduler.hpp"
#include "sched/thread_parker.hpp"

namespace goro::sched {

constinit scheduler sched;

namespace {

constinit thread_local worker* thread_worker = nullptr;
constinit thread_local thread_parker thread_parker_of_this{};
constinit thread_local void* thread_local_storage = nullptr;

// Once: nothing -> starting -> started.
base::futex_word start_state{0};
constexpr std::uint32_t starting = 1, started = 2;

// GOMAXPROCS, or what the machine allows.
std::uint32_t initial_processor_limit() noexcept {
  const std::uint32_t allowed = platform::usable_processors();
  const std::uint32_t fallback = allowed < max_processors ? allowed : max_processors;
  const char* text = std::getenv("GOMAXPROCS");
  if (text == nullptr || *text == '\0') {
    return fallback;
  }
  const std::string_view view{text};
  std::uint32_t n = 0;
  const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), n);
  if (error != std::errc{} || end != view.data() + view.size() || n == 0 || n > max_processors) {
    base::warn("GOMAXPROCS=\"" + std::string{view} + "\" is not a number from 1 to " + std::to_string(max_processors) +
               "; using " + std::to_string(fallback));
    return fallback;
  }
  return n;
}

// Are all processors at rest, or held by workers that have stopped, or by the calling one?
bool all_others_stopped(const worker* self) noexcept {
  const std::uint32_t made = sched.processors_made.load(base::memory_order_acquire);  // sync: processors-made
  for (std::uint32_t i = 0; i < made; ++i) {
    worker* owner = sched.processors[i].load(base::memory_order_relaxed)->owner.load(base::memory_order_acquire);  // sync: processor-owner
    if (owner != nullptr && owner != self && !owner->stopped.load(base::memory_order_acquire)) {  // sync: worker-stopped
      owner->preempt_requested.store(true, base::memory_order_relaxed);
      return false;
    }
  }
  return true;
}

// Before static destructors run, nothing of goro runs any more. A goroutine that calls nothing of goro cannot be stopped:
// it is waited for this long only.
constexpr base::nanoseconds longest_wait_at_exit = 100'000'000;

void stop_all_workers() noexcept {
  std::uint32_t expected = scheduler::running;
  if (!sched.stop_reason.compare_exchange_strong(expected, scheduler::exiting, base::memory_order_seq_cst)) {
    return;
  }
  // Who takes a processor looks at stop_reason under this lock: after it they see it, or we see them as owners.
  sched.lock.acquire();
  sched.lock.release();
  const base::nanoseconds end = base::now_ns() + longest_wait_at_exit;
  const worker* self = this_worker();
  while (!all_others_stopped(self) && base::now_ns() < end) {
    base::futex_word never_changes{0};
    base::futex_wait(never_changes, 0, base::now_ns() + 50'000);
  }
}

// exit() runs the calling thread's thread_local destructors before every atexit handler and static destructor. An object of this type
// in the main thread and in each worker therefore stops goro first, whatever was constructed after goro started.
// (exit() on another foreign thread is covered by the atexit handler, which runs in the usual reverse order.)
struct exit_guard {
  bool armed = false;
  ~exit_guard() {
    if (!armed) {
      return;
    }
    worker* w = this_worker();
    if (w != nullptr && w->current == nullptr) {
      return;  // the thread of a goroutine that ended locked to it
    }
    if (w != nullptr && !on_goroutine_stack(*w)) {
      base::fatal_error("pthread_exit called in a goroutine");
    }
    stop_all_workers();
  }
  // exit() runs on the stack of its caller; pthread_exit has unwound to the thread's own stack by now.
  static bool on_goroutine_stack(worker& w) noexcept {
    const auto* here = static_cast<const std::byte*>(__builtin_frame_address(0));
    return here >= w.current->stack.limit() && here < w.current->stack_high();
  }
};
thread_local exit_guard guard_of_this_thread;

void guard_thread_exit() noexcept { guard_of_this_thread.armed = true; }

void after_fork_in_child() noexcept { sched.stop_reason.store(scheduler::forked, base::memory_order_seq_cst); }

// A worker without a thread: everything but the words that others may still touch is as in a new one.
void recycle_worker(worker& w) noexcept {
  w.held = w.last_held = nullptr;
  w.current = nullptr;
  w.thread_must_end = false;
  w.spinning = false;
  w.home_exceptions = {};
  w.fiber = {};
  const base::lock_guard hold(sched.lock);
  w.next_idle = sched.spare_workers;
  sched.spare_workers = &w;
}

processor* make_processor(std::uint32_t number) noexcept {
  auto* p = new (std::nothrow) processor{number};
  if (p == nullptr) {
    base::fatal_error("out of memory: cannot allocate a processor");
  }
  return p;
}

void start() noexcept {
  set_processor_limit(initial_processor_limit());
  platform::on_fork_child(&after_fork_in_child);
  std::atexit([] { stop_all_workers(); });
  if (platform::is_main_thread()) {
    guard_thread_exit();
  }
  if (auto* hook = base::runtime_started_hook.load(base::memory_order_acquire)) {  // sync: hook
    hook();
  }
  start_sysmon();
}

void worker_body(void* argument) noexcept {
  worker& w = *static_cast<worker*>(argument);
  set_this_worker(&w);
  w.exceptions = reinterpret_cast<exception_globals*>(abi::__cxa_get_globals());
  platform::install_alternate_signal_stack();
  platform::want_exact_timers();
  platform::sanitizer_adopt_thread(w.fiber);
  guard_thread_exit();
  worker_loop(w);
  // A goroutine ended locked to this thread: the thread ends, its record serves the next one.
  guard_of_this_thread.armed = false;
  set_this_worker(nullptr);
  platform::remove_alternate_signal_stack();
  sched.worker_count.fetch_sub(1, base::memory_order_relaxed);
  recycle_worker(w);
}

// Worker records are never freed: who wakes a worker may still touch its wake word when it has gone on, or ended.
worker* new_worker() noexcept {
  const base::lock_guard hold(sched.lock);
  worker* w = sched.spare_workers;
  if (w != nullptr) {
    sched.spare_workers = w->next_idle;
    w->next_idle = nullptr;
  }
  return w != nullptr ? w : new (std::nothrow) worker;
}

}  // namespace

// noinline and the empty asm: a compiler may keep the address of a thread_local across a context switch, after which the goroutine may
// be on another thread. Nothing else in goro names these variables.
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
  return w != nullptr && w->held != nullptr ? w->held->id : 0;
}

void ensure_started() noexcept {
  if (sched.stop_reason.load(base::memory_order_relaxed) == scheduler::forked) [[unlikely]] {
    fail_after_fork();
  }
  std::uint32_t state = start_state.load(base::memory_order_acquire);  // sync: runtime-started
  if (state == started) [[likely]] {
    return;
  }
  if (state == 0 && start_state.compare_exchange_strong(state, starting, base::memory_order_acquire)) {
    start();
    start_state.store(started, base::memory_order_release);  // sync: runtime-started
    base::futex_wake(start_state, INT32_MAX);
    return;
  }
  while (start_state.load(base::memory_order_acquire) != started) {  // sync: runtime-started
    base::futex_wait(start_state, starting);
  }
}

void fail_after_fork() noexcept {
  base::fatal_error("goro used in a child of fork(): only exec or _exit work there");
}

bool start_worker(processor* with, bool spinning) noexcept {
  worker* w = new_worker();
  if (w == nullptr) {
    return false;
  }
  attach(*w, *with);
  w->spinning = spinning;
  sched.worker_count.fetch_add(1, base::memory_order_relaxed);
  if (!platform::start_thread([](void* a) { worker_body(a); }, w, "goro")) {
    const bool only_hope = sched.worker_count.fetch_sub(1, base::memory_order_relaxed) == 1;
    recycle_worker(*w);
    if (only_hope) {
      base::fatal_error("failed to create a thread for goroutines to run on");
    }
    return false;
  }
  return true;
}

void set_processor_limit(std::uint32_t n) noexcept {
  const base::lock_guard hold(sched.lock);
  sched.processor_limit.store(n, base::memory_order_relaxed);
  for (std::uint32_t made = sched.processors_made.load(base::memory_order_relaxed); made < n; ++made) {
    sched.processors[made].store(make_processor(made), base::memory_order_relaxed);
    sched.processors_made.store(made + 1, base::memory_order_release);  // sync: processors-made
    return_processor(*sched.processors[made].load(base::memory_order_relaxed));
  }
  const std::uint32_t made = sched.processors_made.load(base::memory_order_relaxed);
  for (std::uint32_t i = 0; i < made; ++i) {
    set_surplus(*sched.processors[i].load(base::memory_order_relaxed), i >= n);
  }
}

bool current_goroutine(goroutine_view& view) noexcept {
  worker* w = this_worker();
  if (w == nullptr || w->current == nullptr || w->current->record == nullptr) {
    return false;
  }
  const goroutine& g = *w->current;
  view = goroutine_view{g.record->id,   name_of(*g.record), g.record->creator,
                        g.record->parent_id, g.stack.limit(),    reinterpret_cast<const std::byte*>(&g),
                        g.reason,       g.lock_depth != 0};
  return true;
}

}  // namespace goro::sched

namespace goro {

int gomaxprocs(int n) {
  sched::ensure_started();
  const auto before = static_cast<int>(sched::sched.processor_limit.load(base::memory_order_relaxed));
  if (n > 0 && n != before) {
    const auto most = static_cast<int>(sched::max_processors);
    sched::set_processor_limit(static_cast<std::uint32_t>(n < most ? n : most));
    sched::wake_for_work();
    checkpoint();  // the caller's own processor may be one too many
  }
  return before;
}

std::size_t num_goroutine() noexcept {
  using sched::sched;
  // Ended first: a goroutine that starts and ends between the two sums is then counted at most as started.
  std::uint64_t ended = 0;
  const std::uint32_t made = sched.processors_made.load(base::memory_order_acquire);  // sync: processors-made
  for (std::uint32_t i = 0; i < made; ++i) {
    ended += sched.processors[i].load(base::memory_order_relaxed)->ended.load(base::memory_order_acquire);  // sync: goroutine-count
  }
  std::uint64_t started = sched.started_elsewhere.load(base::memory_order_relaxed);
  for (std::uint32_t i = 0; i < made; ++i) {
    started += sched.processors[i].load(base::memory_order_relaxed)->started.load(base::memory_order_relaxed);
  }
  return static_cast<std::size_t>(started - ended);
}

std::uint64_t goroutine_id() noexcept {
  sched::worker* w = sched::this_worker();
  return w != nullptr && w->current != nullptr ? w->current->record->id : 0;
}

}  // namespace goro
