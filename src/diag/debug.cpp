#include "goro/debug.hpp"

#include <exception>

#include "diag/roomy_stack.hpp"
#include "diag/traceback.hpp"
#include "sched/inspect.hpp"

namespace goro::debug {

std::string stack() {
  using namespace diag;
  sched::goroutine_view self;
  const sched::goroutine_view* who = sched::current_goroutine(self) ? &self : nullptr;
  const call_stack calls = call_stack::here();
  std::string text;
  std::exception_ptr failure;
  const auto append = [&](std::string_view part) noexcept {
    try {
      text += part;
    } catch (...) {
      failure = std::current_exception();
    }
  };
  with_room([&] {
    text_sink out{append};
    trace_options options = options_of(traceback_level_wanted());
    options.blank_line_first = false;
    print_trace(out, who, calls, options);
  });
  if (failure) {
    std::rethrow_exception(failure);
  }
  return text;
}

}  // namespace goro::debug
