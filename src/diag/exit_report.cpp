// GORODEBUG=leak=1: the goroutines that wait when the process ends in peace. Those of which it is certain that nothing
// could have let them go on come first.
#include "base/hooks.hpp"
#include "base/settings.hpp"
#include "diag/all_goroutines.hpp"
#include "diag/leak_search.hpp"
#include "diag/reporters.hpp"
#include "diag/roomy_stack.hpp"
#include "sched/pause.hpp"

namespace goro::diag {
namespace {

bool waits_for_others(const sched::goroutine_view& who) noexcept {
  return who.state == sched::goroutine_state::waiting && who.waits_for != sched::wait_reason::sleep;
}

void print_marked(text_sink& out, const snapshot& all, const bool* certain, bool wanted,
                  const trace_options& options) noexcept {
  for (const seen_goroutine& g : all.goroutines()) {
    if (waits_for_others(g.who) && certain[&g - all.goroutines().data()] == wanted) {
      print_trace(out, &g.who, g.calls(), options);
    }
  }
}

void print_count(text_sink& out, std::uint64_t count, const char* what) noexcept {
  out << "goro: " << count << (count == 1 ? " goroutine " : " goroutines ") << what << "\n";
}

void report(const sched::paused_world& world, const std::byte* here) noexcept {
  scratch memory;
  symbol_cache symbols(memory);
  const snapshot all(world, memory, snapshot::with_calls_of_waiting);
  auto* certain = static_cast<bool*>(memory.allocate(all.goroutines().size() + 1));
  if (certain == nullptr) {
    return;
  }
  find_certain_leaks(all, memory, here, certain);
  std::uint64_t leaked = 0;
  std::uint64_t waiting = 0;
  for (const seen_goroutine& g : all.goroutines()) {
    const bool sure = certain[&g - all.goroutines().data()];
    leaked += sure ? 1 : 0;
    waiting += !sure && waits_for_others(g.who) ? 1 : 0;
  }
  text_sink out{to_stderr};
  trace_options options = options_of(traceback_level_wanted());
  options.symbols = &symbols;
  if (leaked != 0) {
    print_count(out, leaked, "leaked: nothing can let them go on");
    print_marked(out, all, certain, true, options);
  }
  if (waiting != 0) {
    out << (leaked != 0 ? "\n" : "");
    print_count(out, waiting, "still waiting at exit");
    print_marked(out, all, certain, false, options);
  }
}

void report_at_exit() noexcept {
  constexpr base::nanoseconds patience = 2'000'000'000;
  const auto* here = static_cast<const std::byte*>(__builtin_frame_address(0));
  const sched::paused_world world(base::now_ns() + patience);
  if (world) {
    with_room([&] { report(world, here); });
  }
}

}  // namespace

void install_exit_report() noexcept {
  if (base::debug_setting("leak") == "1") {
    base::exit_hook.store(&report_at_exit, base::memory_order_release);  // sync: hook
  }
}

}  // namespace goro::diag
