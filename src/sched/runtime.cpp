// Start and settings.
#include <charconv>
#include <cstdlib>
#include <new>
#include <string>

#include "base/hooks.hpp"
#include "base/settings.hpp"
#include "goro/go.hpp"
#include "platform/asymmetric_fence.hpp"
#include "platform/os.hpp"
#include "sched/scheduler.hpp"
#include "sched/shaking.hpp"

namespace goro::sched {

constinit scheduler sched;

namespace {

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

processor* make_processor(std::uint32_t number) noexcept {
  auto* p = new (std::nothrow) processor{number};
  if (p == nullptr) {
    base::fatal_error("out of memory: cannot allocate a processor");
  }
  return p;
}

// As Go: a race that only shows in a rare order is more likely to show. Not where the runtime itself is looked at, by
// tests that know its order.
#ifdef GORO_RACE_SELF
constexpr bool shuffles_unasked = false;
#else
constexpr bool shuffles_unasked = GORO_WITH_TSAN != 0;
#endif

void read_shaking() noexcept {
  std::uint8_t how = 0;
  how |= base::debug_setting("shuffle").value_or(shuffles_unasked ? "1" : "0") == "1" ? shuffles : 0;
  how |= base::debug_setting("migrate") == "1" ? migrates : 0;
  shaking.store(how, base::memory_order_relaxed);
}

void start() noexcept {
  read_shaking();
  platform::prepare_heavy_fence();
  set_processor_limit(initial_processor_limit());
  platform::remember_signal_mask();
  prepare_for_exit();
  if (auto* hook = base::runtime_started_hook.load(base::memory_order_acquire)) {  // sync: hook
    hook();
  }
  start_sysmon();
}

}  // namespace

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

void enter_from_thread() noexcept {
  ensure_started();
  if (this_worker() == nullptr) {
    guard_thread_exit(true);
  }
}

void set_processor_limit(std::uint32_t n) noexcept {
  const base::lock_guard hold(sched.lock);
  if (sched.processor_limit.exchange(n, base::memory_order_relaxed) == 1 && n > 1) {
    // Who has queued work and then read 1 wakes nobody (is_only_processor): that work is visible from here on, before
    // there is another processor whose worker could look for it and miss it. A kernel that allowed this fence at the
    // start and refuses it now (it has no memory, or a filter was installed meanwhile) leaves such work with its own
    // processor until somebody is woken for something else.
    constexpr int tries = 100;
    for (int i = 0; i < tries && platform::heavy_fence() == platform::fence_result::failed_now; ++i) {
      platform::yield_thread();
    }
  }
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

std::size_t count_goroutines() noexcept {
  // Ended first: a goroutine that starts and ends between the two sums is then counted at most as started.
  std::uint64_t ended = sched.ended_elsewhere.load(base::memory_order_acquire);       // sync: goroutine-count
  const std::uint32_t made = sched.processors_made.load(base::memory_order_acquire);  // sync: processors-made
  for (std::uint32_t i = 0; i < made; ++i) {
    ended += sched.processors[i]
                 .load(base::memory_order_relaxed)
                 ->ended.load(base::memory_order_acquire);  // sync: goroutine-count
  }
  std::uint64_t started = sched.started_elsewhere.load(base::memory_order_relaxed);
  for (std::uint32_t i = 0; i < made; ++i) {
    started += sched.processors[i].load(base::memory_order_relaxed)->started.load(base::memory_order_relaxed);
  }
  return static_cast<std::size_t>(started - ended);
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
  detail::preemption_point();
  return sched::count_goroutines();
}

}  // namespace goro
