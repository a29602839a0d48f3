// SIGSEGV and SIGBUS in a goroutine. All of this runs on the alternate signal stack, with the goroutine stopped in the
// middle of anything: no lock is taken that it could hold, and the heap is left alone when it may be inside malloc.
#include <array>
#include <bit>

#include "base/check.hpp"
#include "diag/all_goroutines.hpp"
#include "diag/heap_state.hpp"
#include "diag/reporters.hpp"
#include "diag/symbolize.hpp"
#include "diag/text_sink.hpp"
#include "diag/traceback.hpp"
#include "sched/inspect.hpp"
#include "stack/stack.hpp"

namespace goro::diag {
namespace {

base::atomic<const platform::memory_fault*> current_fault{nullptr};
base::atomic<int> faulting_thread{0};

// False when the report of a fault, the first, has run into one itself, or is over: whoever handled faults before goro
// has repaired it, and may do so again. While another thread reports why the process ends it does not return.
bool begin_report(const platform::memory_fault& fault) noexcept {
  const int self = platform::thread_id();
  int first = 0;
  const bool is_first = faulting_thread.compare_exchange_strong(first, self, base::memory_order_relaxed);
  if (first == self) {
    return false;
  }
  base::begin_exception_report();  // what() of an exception may have led here
  if (!is_first) {
    base::forget_report();
    return false;
  }
  current_fault.store(&fault, base::memory_order_relaxed);
  return true;
}

// Did the goroutine run out of its stack? Either it touched its own guard, or a frame larger than the guard took it
// beyond.
bool is_overflow(const platform::memory_fault& fault, const sched::goroutine_view& self) noexcept {
  const bool in_own_guard = fault.address < self.stack_low && fault.address >= self.stack_low - stack::guard_size;
  constexpr std::ptrdiff_t red_zone = 256;
  const bool in_frame = fault.address < self.stack_low && fault.address >= fault.stack_pointer - red_zone;
  const bool beyond = fault.stack_pointer < self.stack_low && (in_frame || stack::in_guard(fault.address));
  return in_own_guard || beyond;
}

// The slot holds the guard, the stack and a little more.
std::uint64_t size_of_slot(const sched::goroutine_view& self) noexcept {
  return std::bit_ceil(static_cast<std::uint64_t>(self.stack_high - self.stack_low) + stack::guard_size);
}

[[noreturn]] void report_overflow(const platform::memory_fault& fault, const sched::goroutine_view& self) noexcept {
  std::array<char, 1024> text;
  std::size_t length = 0;
  const auto append = [&](std::string_view part) { length += part.copy(text.data() + length, text.size() - length); };
  {
    text_sink out{append};
    out << "goro: goroutine " << self.id;
    if (!self.name.empty()) {
      out << " \"" << self.name << "\"";
    }
    out << " stack exceeds " << size_of_slot(self) << "-byte limit";
    const heap names = heap_during(call_stack::at(fault, self.stack_low, self.stack_high));
    find_creation(self, names, nullptr, [&out](const source_frame& frame) {
      out << "\ncreated by " << frame.function << " at " << frame.file << ":" << static_cast<std::uint64_t>(frame.line);
    });
  }
  base::fatal_error("stack overflow", {text.data(), length});
}

// Go's words; there a program can recover from the first of them, here it cannot.
void report_bad_access(const platform::memory_fault& fault, const sched::goroutine_view& self) noexcept {
  constexpr std::uintptr_t null_page = 4096;
  const auto address = reinterpret_cast<std::uintptr_t>(fault.address);
  text_sink out{to_stderr};
  if (address < null_page) {
    out << "fatal error: invalid memory address or nil pointer dereference\n";
  } else {
    out << "unexpected fault address " << hexadecimal{address} << "\nfatal error: fault\n";
  }
  out << "[signal " << fault.signal << " code=" << hexadecimal{static_cast<std::uintptr_t>(fault.code)}
      << " addr=" << hexadecimal{address}
      << " pc=" << hexadecimal{reinterpret_cast<std::uintptr_t>(fault.program_counter)} << "]\n";
  const traceback_level level = traceback_level_wanted();
  if (level == traceback_level::none) {
    return;
  }
  const call_stack calls = call_stack::at(fault, self.stack_low, self.stack_high);
  const trace_options options = options_of(level, heap_during(calls));
  print_trace(out, &self, &calls, options);
  if (shows_all(level)) {
    print_others_at_end(out, self.id, options);
  }
}

// Returns when the fault goes on to whoever handled it before goro: the default is a core dump.
void on_fault(const platform::memory_fault& fault) {
  sched::goroutine_view self;
  if (!sched::current_goroutine(self) || !begin_report(fault)) {
    return;
  }
  if (is_overflow(fault, self)) {
    report_overflow(fault, self);
  }
  report_bad_access(fault, self);
  current_fault.store(nullptr, base::memory_order_relaxed);
  base::forget_report();  // the process may live on
}

}  // namespace

const platform::memory_fault* fault_in_report() noexcept {
  return faulting_thread.load(base::memory_order_relaxed) == platform::thread_id()
             ? current_fault.load(base::memory_order_relaxed)
             : nullptr;
}

void install_fault_handler() noexcept { platform::on_memory_fault(&on_fault); }

}  // namespace goro::diag
