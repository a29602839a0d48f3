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

void become_reporter() noexcept {
  const int self = thread_id();
  int present = 0;
  if (reporter.compare_exchange_strong(present, self, memory_order_acq_rel, memory_order_acquire)) {  // sync: reporter
    return;
  }
  if (present == self) {
    exit_now(fatal_exit_status);  // the report failed in turn (a fault inside the traceback)
  }
  if (present != -self) {  // else: what() of the exception, or what follows its report
    wait_a_while();
    if (present > 0 || !handed_over.load(memory_order_relaxed)) {
      exit_now(fatal_exit_status);
    }
  }
  // What the program does at its end fails, or waits for this thread in vain: this is worth a report of its own.
  if (!reporter.compare_exchange_strong(present, self, memory_order_relaxed, memory_order_relaxed)) {
    exit_now(fatal_exit_status);
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
  if (failing > 0 || !handed_over.load(memory_order_relaxed)) {
    exit_now(fatal_exit_status);
  }
}

bool begin_exception_report() noexcept {
  const int self = thread_id();
  int present = 0;
  if (reporter.compare_exchange_strong(present, -self, memory_order_acq_rel, memory_order_acquire)) {  // sync: reporter
    return true;
  }
  if (present == self) {
    exit_now(fatal_exit_status);  // the report of a fatal error failed
  }
  if (present == -self) {
    return false;
  }
  do {
    wait_a_while();
  } while (present < 0 && handed_over.load(memory_order_relaxed));  // which may take its time
  exit_now(fatal_exit_status);
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
