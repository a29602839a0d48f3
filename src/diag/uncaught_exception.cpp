// An exception that leaves a goroutine. A goroutine's frames contain no handler that would stop it, so __cxa_throw
// finds none, leaves the stack as it is and calls std::terminate: the throw site is still there to be shown.
#include <cstdlib>
#include <exception>
#include <string>
#include <typeinfo>

#include "base/check.hpp"
#include "diag/all_goroutines.hpp"
#include "diag/demangle.hpp"
#include "diag/reporters.hpp"
#include "diag/roomy_stack.hpp"
#include "diag/spare_memory.hpp"
#include "diag/traceback.hpp"
#include "goro/panic.hpp"
#include "platform/os.hpp"
#include "sched/inspect.hpp"

namespace goro::diag {
namespace {

base::atomic<std::terminate_handler> former_handler{nullptr};

void print_type(text_sink& out, const std::type_info* type) noexcept {
  const demangled demangled_name(type->name());
  std::string_view name = demangled_name.text();
  constexpr std::string_view with_nested = "std::_Nested_exception<";  // what std::throw_with_nested derives
  if (name.starts_with(with_nested)) {
    name.remove_prefix(with_nested.size());
    name.remove_suffix(name.ends_with(" >") ? 2 : 1);
  }
  constexpr std::string_view string = "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >";
  out << (name == string ? "std::string" : name);
}

void print_caught(text_sink& out) noexcept;

// What the exception says of itself, and on lines of their own the exceptions nested in it.
void print_standard_exception(text_sink& out, const std::exception& e) noexcept {
  if (dynamic_cast<const panic_error*>(&e) == nullptr) {
    print_type(out, &typeid(e));
    out << ": ";
  }
  out << e.what();
  try {
    std::rethrow_if_nested(e);
  } catch (...) {
    out << "\n\tcaused by: ";
    print_caught(out);
  }
}

// The exception that is being handled.
void print_caught(text_sink& out) noexcept {
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (type == nullptr) {
    out << "exception of another language";
    return;
  }
  try {
    throw;
  } catch (const std::exception& e) {
    print_standard_exception(out, e);
  } catch (const char* text) {
    print_type(out, type);
    out << ": " << (text != nullptr ? text : "(null)");
  } catch (const std::string& text) {
    print_type(out, type);
    out << ": " << text;
  } catch (...) {
    print_type(out, type);
  }
}

void report(const sched::goroutine_view& self) noexcept {
  text_sink out{to_stderr};
  if (std::current_exception() != nullptr) {
    out << "panic: ";
    print_caught(out);
    out << "\n";
  } else {
    out << "fatal error: terminate called without an active exception\n";
  }
  const traceback_level level = traceback_level_wanted();
  if (level == traceback_level::none) {
    return;
  }
  const call_stack calls = call_stack::here();
  with_room([&] {
    print_trace(out, &self, &calls, options_of(level));
    out.flush();
  });
  if (shows_all(level)) {
    print_others_at_end(out, self.id, options_of(level));
  }
}

// libstdc++'s own handler would print the exception once more.
bool adds_nothing(std::terminate_handler handler) noexcept {
#if defined(__GLIBCXX__)
  return handler == nullptr || handler == &__gnu_cxx::__verbose_terminate_handler;
#else
  return handler == nullptr;
#endif
}

[[noreturn]] void go_on_as_before(bool reported) noexcept {
  const std::terminate_handler former = former_handler.load(base::memory_order_acquire);  // sync: former-handler
  if (former != nullptr && !(reported && adds_nothing(former))) {
    former();
  }
  std::abort();
}

[[noreturn]] void on_terminate() noexcept {
  sched::goroutine_view self;
  if (!sched::current_goroutine(self)) {  // a thread's is not reported here
    base::let_report_finish();
    go_on_as_before(false);
  }
  // The report itself may end here: what() may throw.
  if (!base::begin_exception_report()) {
    go_on_as_before(false);
  }
  release_spare_memory();
  report(self);
  base::end_exception_report();
  go_on_as_before(true);
}

}  // namespace

void install_terminate_handler() noexcept {
  const std::terminate_handler present = std::set_terminate(&on_terminate);
  if (present != &on_terminate) {
    former_handler.store(present, base::memory_order_release);  // sync: former-handler
  }
}

}  // namespace goro::diag
