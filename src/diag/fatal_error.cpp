// The traces after `fatal error: …`: of the goroutine, or the thread, that found the state broken; and of all others
// when GOROTRACEBACK asks for them, or when it is the program as a whole that failed.
#include <cstdlib>

#include "diag/all_goroutines.hpp"
#include "diag/heap_state.hpp"
#include "diag/reporters.hpp"
#include "diag/roomy_stack.hpp"
#include "diag/spare_memory.hpp"

namespace goro::diag {

void report_fatal_error() noexcept {
  release_spare_memory();
  const traceback_level level = traceback_level_wanted();
  if (level == traceback_level::none) {
    return;
  }
  sched::goroutine_view self{};
  const sched::goroutine_view* who = sched::current_goroutine(self) ? &self : nullptr;
  const platform::memory_fault* fault = fault_in_report();
  const call_stack calls =
      fault != nullptr ? call_stack::at(*fault, self.stack_low, self.stack_high) : call_stack::here();
  const trace_options options = options_of(level, fault != nullptr ? heap_during(calls) : heap::usable);
  text_sink out{to_stderr};
  with_room([&] {
    print_trace(out, who, &calls, options);
    out.flush();
  });
  if (shows_all(level) || sched::all_are_asleep()) {
    print_others_at_end(out, self.id, options);
  }
  out.flush();
  if (level == traceback_level::crash) {
    std::abort();
  }
}

}  // namespace goro::diag
