// The trace after `fatal error: …`: of the goroutine, or the thread, that found the state broken.
#include <cstdlib>

#include "diag/heap_state.hpp"
#include "diag/reporters.hpp"
#include "diag/roomy_stack.hpp"
#include "diag/spare_memory.hpp"
#include "diag/traceback.hpp"
#include "sched/inspect.hpp"

namespace goro::diag {

void report_fatal_error() noexcept {
  release_spare_memory();
  const traceback_level level = traceback_level_wanted();
  if (level == traceback_level::none) {
    return;
  }
  sched::goroutine_view self;
  const sched::goroutine_view* who = sched::current_goroutine(self) ? &self : nullptr;
  const platform::memory_fault* fault = fault_in_report();
  const call_stack calls =
      fault != nullptr ? call_stack::at(*fault, self.stack_low, self.stack_high) : call_stack::here();
  with_room([&] {
    text_sink out{to_stderr};
    print_trace(out, who, calls, options_of(level, fault != nullptr ? heap_during(calls) : heap::usable));
  });
  if (level == traceback_level::crash) {
    std::abort();
  }
}

}  // namespace goro::diag
