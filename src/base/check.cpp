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

// The thread that reports why the process ends: its id for a fatal error, minus its id for an exception. Another one
// that fails meanwhile waits for the end, so that reports do not mix and the status is that of the first. If the report
// of a fatal error gets stuck or fails, the process ends all the same; what follows that of an exception is the
// program's own (its terminate handler), and may take its time.
atomic<int> reporter{0};

void wait_a_while() noexcept {
  constexpr nanoseconds patience = 5'000'000'000;
  const nanoseconds deadline = now_ns() + patience;
  futex_word never_changes{0};
  while (futex_wait(never_changes, 0, deadline)) {
  }
}

[[noreturn]] void wait_for_the_end() noexcept {
  do {
    wait_a_while();
  } while (reporter.load(memory_order_relaxed) < 0);
  exit_now(fatal_exit_status);
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
  if (present == -self) {
    reporter.store(self, memory_order_relaxed);  // what() of the exception, or what follows its report
    return;
  }
  wait_for_the_end();
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
  if (reporter.load(memory_order_relaxed) > 0) {
    exit_now(fatal_exit_status);
  }
}

bool begin_exception_report() noexcept {
  const int self = thread_id();
  int present = 0;
  if (reporter.compare_exchange_strong(present, -self, memory_order_acq_rel, memory_order_acquire)) {  // sync: reporter
    return true;
  }
  if (present == self || present == -self) {
    return false;
  }
  wait_for_the_end();
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
