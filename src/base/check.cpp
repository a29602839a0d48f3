// The ways out of a broken state. Nothing here allocates or locks: it may run in a signal handler, with the heap
// corrupt.
#include "base/check.hpp"

#include <charconv>
#include <cstring>

#include "base/atomic.hpp"
#include "base/futex.hpp"
#include "base/hooks.hpp"
#include "base/os_seam.hpp"
#include "goro/panic.hpp"

namespace goro::base {
namespace {

constexpr int fatal_exit_status = 2;  // as Go

// Collects a message so that it reaches stderr in one write and lines of two threads do not mix. What does not fit is
// written in pieces.
class message {
 public:
  message() = default;
  message(const message&) = delete;
  message& operator=(const message&) = delete;
  ~message() { flush(); }

  message& operator<<(std::string_view text) noexcept {
    if (text.size() > sizeof(buffer_) - used_) {
      flush();
    }
    if (text.size() > sizeof(buffer_)) {
      write_stderr(text);
      return *this;
    }
    std::memcpy(buffer_ + used_, text.data(), text.size());
    used_ += text.size();
    return *this;
  }

  message& operator<<(unsigned number) noexcept {
    char digits[12];
    const auto [end, error] = std::to_chars(digits, digits + sizeof(digits), number);
    return *this << std::string_view(digits, static_cast<std::size_t>(end - digits));
  }

  void flush() noexcept {
    if (used_ != 0) {
      write_stderr({buffer_, used_});
      used_ = 0;
    }
  }

 private:
  char buffer_[512];
  std::size_t used_ = 0;
};

// The thread that reports why the process ends: its id for a fatal error, minus its id for an exception or a fault.
// Another one that fails meanwhile waits for the end, so that reports do not mix and the status is that of the first.
atomic<int> reporter{0};
// The report of the exception is written; what follows is the program's (its terminate handler, or that of a signal).
atomic<bool> handed_over{false};

// Long enough for a report. Who is stuck in one, or in what follows, is not waited for any longer.
void wait_a_while() noexcept {
  constexpr nanoseconds patience = 5'000'000'000;
  const nanoseconds deadline = now_ns() + patience;
  futex_word never_changes{0};
  while (futex_wait(never_changes, 0, deadline)) {
  }
}

// Is the report of `who`, that was waited for, worth waiting for no longer? (Not when it has been forgotten.)
bool is_stuck(int who) noexcept {
  return reporter.load(memory_order_relaxed) == who && (who > 0 || !handed_over.load(memory_order_relaxed));
}

// Returns 0 when the calling thread has become it, else who it is.
int try_to_report_as(int id) noexcept {
  int present = 0;
  reporter.compare_exchange_strong(present, id, memory_order_acq_rel, memory_order_acquire);  // sync: reporter
  return present;
}

void become_reporter() noexcept {
  const int self = thread_id();
  for (bool waited = false;; waited = true) {
    int present = try_to_report_as(self);
    if (present == 0) {
      return;
    }
    if (present == self) {
      exit_now(fatal_exit_status);  // the report failed in turn (a fault inside the traceback)
    }
    // What the report of an exception calls fails (what()), or what follows the report, or the end is waited for in vain:
    // that is worth a report of its own.
    const bool in_vain = waited && present < 0 && handed_over.load(memory_order_relaxed);
    if ((present == -self || in_vain) &&
        reporter.compare_exchange_strong(present, self, memory_order_relaxed, memory_order_relaxed)) {
      return;
    }
    wait_a_while();
    if (is_stuck(present)) {
      exit_now(fatal_exit_status);
    }
  }
}

[[noreturn]] void trace_and_exit() noexcept {
  if (auto* hook = traceback_hook.load(memory_order_acquire)) {  // sync: hook
    hook();
  }
  exit_now(fatal_exit_status);
}

}  // namespace

void invariant_failed(const char* what, code_place where) noexcept {
  become_reporter();
  {
    message m;
    m << "fatal error: invariant of goro broken: " << what << "\n\t" << where.file << ":" << where.line << "\n";
  }
  trace_and_exit();
}

void let_report_finish() noexcept {
  const int failing = reporter.load(memory_order_acquire);  // sync: reporter
  const int self = thread_id();
  if (failing == 0 || failing == self || failing == -self) {
    return;
  }
  wait_a_while();
  if (is_stuck(failing)) {
    exit_now(fatal_exit_status);
  }
}

bool begin_exception_report() noexcept {
  const int self = thread_id();
  for (;;) {
    const int present = try_to_report_as(-self);
    if (present == 0) {
      return true;
    }
    if (present == self) {
      exit_now(fatal_exit_status);  // the report of a fatal error failed
    }
    if (present == -self) {
      return false;
    }
    wait_a_while();  // again and again for what follows a report, which may take its time
    if (is_stuck(present)) {
      exit_now(fatal_exit_status);
    }
  }
}

void end_exception_report() noexcept { handed_over.store(true, memory_order_relaxed); }

void forget_report() noexcept {
  reporter.store(0, memory_order_relaxed);
  handed_over.store(false, memory_order_relaxed);
}

void fatal_error(std::string_view text) noexcept { fatal_error(text, {}); }

void fatal_error(std::string_view text, std::string_view particulars) noexcept {
  become_reporter();
  {
    message m;
    if (!particulars.empty()) {
      m << particulars << "\n";
    }
    m << "fatal error: " << text << "\n";
  }
  trace_and_exit();
}

void raise_panic(const char* text) { throw panic_error(text); }

void warn(std::string_view text) noexcept {
  message m;
  m << "goro: " << text << "\n";
}

}  // namespace goro::base
