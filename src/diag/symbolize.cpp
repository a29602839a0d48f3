// Two sources are asked. Debug information (libbacktrace, which maps files itself and never calls malloc) knows file,
// line and inlined functions; g++ gives those that are not visible elsewhere by their bare name. The symbol table knows
// the full name of the function that exists. Without libbacktrace the dynamic loader's exported symbols remain.
#include "diag/symbolize.hpp"

#include <array>

#include "base/atomic.hpp"
#include "diag/demangle.hpp"
#include "diag/function_name.hpp"
#include "diag/machinery.hpp"
#include "platform/module.hpp"
#include "platform/sanitizer.hpp"

#if defined(GORO_HAVE_BACKTRACE)
#include <backtrace.h>
#endif

namespace goro::diag {
namespace {

struct code_line {
  const char* function;  // mangled, or the bare name; null: unknown
  const char* file;
  int line;
};

// What is known of one address. Strings live as long as the program.
struct findings {
  std::array<code_line, 32> lines;
  std::size_t count = 0;
  const char* symbol = nullptr;
  std::uintptr_t symbol_start = 0;
  const char* module = nullptr;
  std::uintptr_t module_base = 0;
};

#if defined(GORO_HAVE_BACKTRACE)
void ignore_error(void*, const char*, int) {}

int add_line(void* data, std::uintptr_t, const char* file, int line, const char* function) {
  auto& found = *static_cast<findings*>(data);
  if ((file != nullptr || function != nullptr) && found.count < found.lines.size()) {
    found.lines[found.count++] = {function, file, line};
  }
  return 0;
}

void set_symbol(void* data, std::uintptr_t, const char* name, std::uintptr_t start, std::uintptr_t) {
  auto& found = *static_cast<findings*>(data);
  if (name != nullptr) {
    found.symbol = name;
    found.symbol_start = start;
  }
}

backtrace_state* debug_information() noexcept {
  static base::atomic<backtrace_state*> shared{nullptr};
  backtrace_state* state = shared.load(base::memory_order_acquire);  // sync: backtrace-state
  if (state == nullptr) {
    backtrace_state* made = backtrace_create_state(nullptr, /*threaded=*/1, ignore_error, nullptr);
    // Whoever comes second leaves his unused: there is no way to destroy one.
    state = shared.compare_exchange_strong(state, made, base::memory_order_acq_rel,  // sync: backtrace-state
                                           base::memory_order_acquire)
                ? made
                : state;
  }
  return state;
}

void consult_debug_information(std::uintptr_t address, findings& found) noexcept {
  if (backtrace_state* state = debug_information()) {
    // libbacktrace shares its memory among threads by means that ThreadSanitizer does not see.
    [[maybe_unused]] const platform::sanitizer_unobserved quiet;
    backtrace_pcinfo(state, address, add_line, ignore_error, &found);
    backtrace_syminfo(state, address, set_symbol, ignore_error, &found);
  }
}
#else
void consult_debug_information(std::uintptr_t, findings&) noexcept {}
#endif

// Adds what the dynamic loader knows.
void consult_loader(std::uintptr_t address, findings& found) noexcept {
  platform::module_symbol known;
  if (!platform::find_module(address, known)) {
    return;
  }
  found.module = known.module;
  found.module_base = known.module_base;
  if (found.symbol == nullptr && known.symbol != nullptr) {
    found.symbol = known.symbol;
    found.symbol_start = known.symbol_start;
  }
}

findings find(std::uintptr_t address) noexcept {
  findings found;
  consult_debug_information(address, found);
  if (found.symbol == nullptr || found.count == 0) {
    consult_loader(address, found);
  }
  if (found.count == 0) {
    found.lines[found.count++] = {nullptr, nullptr, 0};
  }
  code_line& outermost = found.lines[found.count - 1];
  if (found.symbol != nullptr) {
    outermost.function = found.symbol;  // in full
  }
  if (outermost.file == nullptr) {
    outermost.file = found.module;
  }
  return found;
}

// An inlined lambda comes as `operator()`. The outermost of those in a function that is a template over a lambda (of
// what goro starts goroutines with, of an algorithm) is most likely that one. Its place, or `count` when there is none.
std::size_t find_inlined_lambda(const findings& found) noexcept {
  for (std::size_t i = found.count - 1; i-- > 0;) {
    const code_line& line = found.lines[i];
    if (line.function != nullptr && std::string_view{line.function} == "operator()" && line.file != nullptr &&
        !is_machinery("operator()", line.file)) {
      return i;
    }
  }
  return found.count;
}

using name_space = std::array<char, 512>;

void set_name(source_frame& frame, std::string_view full, name_space& space) noexcept {
  const readable_name name = shorten_function_name(full, space);
  frame.function = name.name.empty() ? full : name.name;
  frame.takes_parameters = name.takes_parameters;
}

// `type` -> `type::operator()`, shortened.
void set_call_operator_name(source_frame& frame, std::string_view type, name_space& space) noexcept {
  constexpr std::string_view call = "::operator()";
  name_space joined;
  const std::size_t length = type.copy(joined.data(), joined.size() - call.size());
  call.copy(joined.data() + length, call.size());
  const readable_name name = shorten_function_name({joined.data(), length + call.size()}, space);
  frame.function = name.name;
}

}  // namespace

void symbolize(std::uintptr_t address, heap h, base::function_ref<void(const source_frame&)> each) noexcept {
  const findings found = find(address);
  const demangled outermost(found.lines[found.count - 1].function, h);
  const std::string_view lambda = lambda_argument(outermost.text());
  const std::size_t lambda_at = lambda.empty() ? found.count : find_inlined_lambda(found);
  for (std::size_t i = 0; i < found.count; ++i) {
    const code_line& line = found.lines[i];
    name_space space;
    source_frame frame{};
    frame.file = line.file != nullptr ? line.file : "";
    frame.line = line.line;
    frame.inlined = i + 1 < found.count;
    frame.offset = address - (found.symbol != nullptr ? found.symbol_start : found.module_base);
    const demangled inlined(frame.inlined ? line.function : nullptr, h);
    if (i == lambda_at) {
      set_call_operator_name(frame, lambda, space);
    } else {
      set_name(frame, frame.inlined ? inlined.text() : outermost.text(), space);
    }
    frame.takes_parameters = frame.takes_parameters || frame.inlined;  // not known then
    frame.machinery = is_machinery(frame.function, frame.file);
    each(frame);
  }
}

}  // namespace goro::diag
