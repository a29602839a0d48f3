// Everything here runs inside ThreadSanitizer, whose locks are held: one report at a time, no thread may be started,
// nothing may wait or allocate (but see may_allocate()). Names and lines are found without it (symbolize.hpp).
#include "diag/race_report.hpp"

#include "goro/detail/config.hpp"

#if GORO_WITH_TSAN && !defined(GORO_RACE_SELF)

#include <array>
#include <span>

#include "base/hooks.hpp"
#include "diag/race_creation.hpp"
#include "diag/race_memory.hpp"
#include "diag/symbolize.hpp"
#include "diag/text_sink.hpp"
#include "platform/os.hpp"
#include "platform/race_options.hpp"
#include "platform/race_report.hpp"

namespace goro::diag {
namespace {

using platform::goroutine_label;
using platform::race_calls;
using platform::race_report;
using platform::race_thread;

constexpr auto to_race_log = [](std::string_view text) noexcept { platform::write_race_text(text); };
constexpr std::string_view bar = "==================\n";

std::uint64_t found_so_far = 0;
heap names = heap::usable;  // locked: they stay mangled

std::string_view without_prefix(std::string_view path) noexcept {
  const std::string_view prefix = platform::race_options_of_process().strip_path_prefix;
  const std::size_t at = prefix.empty() ? std::string_view::npos : path.find(prefix);
  return at == std::string_view::npos ? path : path.substr(at + prefix.size());
}

// ThreadSanitizer's own operator new, memcpy and the like: the innermost call, if any; and the inside of std::thread.
bool is_of_sanitizer(const source_frame& frame, bool innermost) noexcept {
  return (frame.line == 0 && (innermost || frame.file.find("libstdc++.so") != std::string_view::npos)) ||
         frame.file.find("libsanitizer/") != std::string_view::npos ||
         frame.file.find("/compiler-rt/") != std::string_view::npos || frame.function.starts_with("__tsan");
}

void print_frame(text_sink& out, const source_frame& frame) noexcept {
  out << "  " << (frame.function.empty() ? "?" : frame.function) << "()\n      "
      << (frame.file.empty() ? "?" : without_prefix(frame.file));
  if (frame.line != 0) {
    out << ":" << static_cast<std::uint64_t>(frame.line);
  }
  out << " +" << hexadecimal{frame.offset + 1} << "\n";
}

// The program's calls, or all of them when none is the program's. From main on outwards nothing is of interest.
void print_calls(text_sink& out, std::span<void* const> calls) noexcept {
  bool any = false;
  for (const bool all : {false, true}) {
    const void* before = nullptr;
    for (void* const call : calls) {
      bool ended = false;
      if (call != before) {
        symbolize(reinterpret_cast<std::uintptr_t>(call) - 1, names, [&](const source_frame& frame) {
          if (all || !(frame.machinery || frame.function.empty() || is_of_sanitizer(frame, before == nullptr))) {
            print_frame(out, frame);
            any = true;
          }
          ended = ended || (any && frame.function == "main");
        });
      }
      if (ended) {
        break;
      }
      before = call;
    }
    if (any) {
      return;
    }
  }
  out << "  [failed to restore the stack]\n";
}

void print_calls(text_sink& out, const race_calls& calls) noexcept {
  print_calls(out, {calls.address.data(), calls.size()});
}

// Who did it: by its number in the report, which may say no more.
class actor {
 public:
  actor(const race_report& report, int number) noexcept {
    for (int i = 0; i < report.threads(); ++i) {
      race_calls unused;
      const race_thread t = report.thread(i, unused);
      if (t.number == number) {
        take(t);
        return;
      }
    }
    thread_.number = number;
  }
  explicit actor(const race_thread& thread) noexcept { take(thread); }

  // The program's first thread, and the goroutine that goro::run() runs there.
  bool is_main() const noexcept { return thread_.number == 0 || label_.id == 1; }

  void print(text_sink& out, bool begins_line) const noexcept {
    if (is_main()) {
      out << "main goroutine";
    } else if (is_goroutine_) {
      out << (begins_line ? "Goroutine " : "goroutine ") << label_.id;
    } else {
      out << (begins_line ? "Thread " : "thread ") << thread_.os_id;
    }
  }

  void print_creation(text_sink& out, const race_calls& thread_creation) const noexcept {
    if (is_main()) {
      return;
    }
    out << "\n";
    print(out, true);
    out << (thread_.running ? " (running) created at:\n" : " (finished) created at:\n");
    if (!is_goroutine_) {
      print_calls(out, thread_creation);
      return;
    }
    race_calls calls;
    if (label_.creation != nullptr) {
      for (std::size_t i = 0; label_.creation[i] != nullptr && i + 1 < race_calls::capacity; ++i) {
        calls.address[i] = const_cast<void*>(label_.creation[i]);
      }
    } else {
      calls.address[0] = const_cast<void*>(label_.creator);
    }
    print_calls(out, calls);
  }

 private:
  void take(const race_thread& thread) noexcept {
    thread_ = thread;
    is_goroutine_ = label_.read(thread.name);
  }

  race_thread thread_{};
  goroutine_label label_;
  bool is_goroutine_ = false;
};

void print_access(text_sink& out, const race_report& report, int i) noexcept {
  race_calls calls;
  const platform::race_access access = report.access(i, calls);
  out << (i == 0 ? (access.write ? "Write" : "Read") : (access.write ? "\nPrevious write" : "\nPrevious read"))
      << " at " << hexadecimal{access.address} << " by ";
  actor(report, access.thread).print(out, false);
  out << ":\n";
  print_calls(out, calls);
}

void print_place(text_sink& out, const race_report& report, int i) noexcept {
  race_calls calls;
  const platform::race_memory place = report.place(i, calls);
  if (place.what != platform::race_memory::kind::heap || calls.size() == 0) {
    return;
  }
  out << "\nHeap block of size " << static_cast<std::uint64_t>(place.size) << " at " << hexadecimal{place.start}
      << " allocated by ";
  actor(report, place.thread).print(out, false);
  out << ":\n";
  print_calls(out, calls);
}

// `lock-order-inversion` -> `LOCK ORDER INVERSION`
void print_kind(text_sink& out, std::string_view kind) noexcept {
  for (const char c : kind) {
    const char shown = c == '-' ? ' ' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    out << std::string_view(&shown, 1);
  }
}

void print(text_sink& out, const race_report& report) noexcept {
  out << bar << "WARNING: ";
  if (report.accesses() != 0) {
    out << "DATA RACE";
  } else {
    print_kind(out, report.kind());
  }
  out << "\n";
  for (int i = 0; i < report.accesses(); ++i) {
    print_access(out, report, i);
  }
  for (int i = 0; i < report.stacks(); ++i) {
    race_calls calls;
    report.stack(i, calls);
    print_calls(out, calls);
  }
  for (int i = 0; i < report.places(); ++i) {
    print_place(out, report, i);
  }
  for (int i = 0; i < report.threads(); ++i) {
    race_calls creation;
    const actor who(report.thread(i, creation));
    who.print_creation(out, creation);
  }
  out << bar;
}

bool is_known(const race_report& report) noexcept {
  static race_memory reported;
  const platform::race_options& options = platform::race_options_of_process();
  if (report.accesses() < 2) {
    return false;
  }
  race_calls first;
  race_calls second;
  const platform::race_access one = report.access(0, first);
  report.access(1, second);
  const bool known_calls =
      reported.meet_calls(std::span(first.address).first(first.size()), std::span(second.address).first(second.size()));
  const bool known_place = reported.meet_place(one.address, static_cast<std::size_t>(one.size));
  return (known_calls && options.suppress_equal_stacks) || (known_place && options.suppress_equal_addresses);
}

void on_report(const race_report& report) noexcept {
  if (is_known(report)) {
    return;
  }
  ++found_so_far;
  names = report.may_allocate() ? heap::usable : heap::locked;
  {
    text_sink out{to_race_log};
    print(out, report);
  }
  if (platform::race_options_of_process().halt_on_error) {
    base::exit_now(platform::race_options_of_process().exit_status);
  }
}

bool on_end() noexcept {
  if (found_so_far == 0) {
    return false;
  }
  text_sink out{to_race_log};
  out << "Found " << found_so_far << " data race(s)\n";
  return true;
}

}  // namespace

void install_race_reports() noexcept {
  platform::hook_race_reports({&on_report, &on_end});
  base::creation_hook.store(&calls_of_go_statement, base::memory_order_release);  // sync: hook
}

}  // namespace goro::diag

#else

namespace goro::diag {

void install_race_reports() noexcept {}

}  // namespace goro::diag

#endif
