// ThreadSanitizer lets a program replace three functions: the one that supplies default options, and two of C++
// linkage, one asked before a report is printed (true: it shall not be) and one when the process ends. The same in
// g++'s and clang's runtime.
//
// Nothing here may be instrumented: it runs inside ThreadSanitizer. GORO_RACE_SELF wants ThreadSanitizer's own texts,
// with goro's frames.
#include "platform/race_report.hpp"

#include <charconv>
#include <cstring>

#include "platform/os.hpp"
#include "platform/race_options.hpp"

namespace goro::platform {

namespace {
constexpr std::string_view label_mark = "goroutine ";
}

void goroutine_label::write(char (&name)[most]) const noexcept {
  char* at = name + label_mark.copy(name, most);
  char* const end = name + most - 1;
  for (const std::uint64_t number : {id, static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(creation)),
                                     static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(creator))}) {
    constexpr int hexadecimal = 16;
    at = std::to_chars(at, end - 1, number, hexadecimal).ptr;
    *at++ = ' ';
  }
  *at = '\0';
}

bool goroutine_label::read(const char* name) noexcept {
  std::string_view rest = name != nullptr ? name : "";
  if (!rest.starts_with(label_mark)) {
    return false;
  }
  rest.remove_prefix(label_mark.size());
  std::uint64_t numbers[3] = {};
  for (std::uint64_t& number : numbers) {
    constexpr int hexadecimal = 16;
    const auto [after, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number, hexadecimal);
    if (error != std::errc{} || after == rest.data() + rest.size()) {
      return false;
    }
    rest.remove_prefix(static_cast<std::size_t>(after - rest.data()) + 1);
  }
  id = numbers[0];
  creation = reinterpret_cast<const void* const*>(static_cast<std::uintptr_t>(numbers[1]));
  creator = reinterpret_cast<const void*>(static_cast<std::uintptr_t>(numbers[2]));
  return true;
}

}  // namespace goro::platform

#if GORO_WITH_TSAN && !defined(GORO_RACE_SELF)

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

extern "C" {
int __tsan_get_report_data(void* report, const char** description, int* count, int* stack_count, int* mop_count,
                           int* loc_count, int* mutex_count, int* thread_count, int* unique_tid_count,
                           void** sleep_trace, unsigned long trace_size);
int __tsan_get_report_stack(void* report, unsigned long i, void** trace, unsigned long trace_size);
int __tsan_get_report_mop(void* report, unsigned long i, int* tid, void** addr, int* size, int* write, int* atomic,
                          void** trace, unsigned long trace_size);
int __tsan_get_report_loc(void* report, unsigned long i, const char** type, void** addr, unsigned long* start,
                          unsigned long* size, int* tid, int* fd, int* suppressable, void** trace,
                          unsigned long trace_size);
int __tsan_get_report_thread(void* report, unsigned long i, int* tid, unsigned long long* os_id, int* running,
                             const char** name, int* parent_tid, void** trace, unsigned long trace_size);
const char* __tsan_default_options();
}

// ThreadSanitizer's names.
namespace __tsan {
class ReportDesc;
bool OnReport(const ReportDesc* report, bool suppressed);
bool OnFinalize(bool failed);
// While a thread is between these its allocations are the runtime's own. Not visible in a shared runtime.
[[gnu::weak]] void EnterSymbolizer();
[[gnu::weak]] void ExitSymbolizer();
}  // namespace __tsan

extern "C" [[gnu::weak]] void __tsan_on_thread_idle();  // in runtimes of LLVM 14 and later

namespace goro::platform {
namespace {

race_hooks installed{};
race_options options;
char environment[128 << 10];
char options_text[1024];

// GORORACE's value. The C library has no environ yet.
std::string_view setting_in_environment() noexcept {
  const long file = syscall(SYS_openat, AT_FDCWD, "/proc/self/environ", O_RDONLY | O_CLOEXEC, 0);
  if (file < 0) {
    return {};
  }
  std::size_t length = 0;
  for (long got = 1; got > 0 && length < sizeof(environment);) {
    got = syscall(SYS_read, file, environment + length, sizeof(environment) - length);
    length += got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  syscall(SYS_close, file);
  constexpr std::string_view name = "GORORACE=";
  for (std::size_t at = 0; at < length;) {
    std::size_t end = at;
    while (end < length && environment[end] != '\0') {
      ++end;
    }
    std::size_t same = 0;
    while (same < name.size() && at + same < end && environment[at + same] == name[same]) {
      ++same;
    }
    if (same == name.size()) {
      return {environment + at + same, end - at - same};
    }
    at = end + 1;
  }
  return {};
}

constinit thread_local bool in_report = false;

// An allocation is an event in a thread's history, which in newer runtimes takes locks that are held during a report.
// Between these two it is none.
class report_scope {
 public:
  report_scope() noexcept {
    in_report = true;
    if (covers_allocations()) {
      __tsan::EnterSymbolizer();
    }
  }
  report_scope(const report_scope&) = delete;
  report_scope& operator=(const report_scope&) = delete;
  ~report_scope() {
    if (covers_allocations()) {
      __tsan::ExitSymbolizer();
    }
    in_report = false;
  }
  static bool covers_allocations() noexcept {
    return &__tsan::EnterSymbolizer != nullptr && &__tsan::ExitSymbolizer != nullptr;
  }
};

// Where reports go; opened with the first. One report at a time, so this needs no guard (which is an event, too).
int report_file() noexcept {
  static int file = -1;
  if (file >= 0) {
    return file;
  }
  file = [] {
    if (options.log_path.empty() || options.log_path == "stderr") {
      return STDERR_FILENO;
    }
    if (options.log_path == "stdout") {
      return STDOUT_FILENO;
    }
    char path[4096];
    constexpr std::size_t room_for_number = 16;
    const std::size_t length = options.log_path.copy(path, sizeof(path) - room_for_number);
    path[length] = '.';
    *std::to_chars(path + length + 1, path + sizeof(path) - 1, getpid()).ptr = '\0';
    constexpr int readable = 0644;
    const int opened = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, readable);
    return opened >= 0 ? opened : STDERR_FILENO;
  }();
  return file;
}

}  // namespace

const race_options& race_options_of_process() noexcept { return options; }

void write_race_text(std::string_view text) noexcept {
  const int file = report_file();
  if (file == STDERR_FILENO) {
    write_stderr(text);
    return;
  }
  while (!text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    if (written <= 0) {
      return;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void hook_race_reports(const race_hooks& hooks) noexcept { installed = hooks; }

std::size_t race_calls::size() const noexcept {
  std::size_t n = 0;
  while (n < capacity && address[n] != nullptr) {
    ++n;
  }
  return n;
}

race_report::race_report(void* description) noexcept : description_(description) {
  int unused = 0;
  __tsan_get_report_data(description_, &kind_, &unused, &stacks_, &accesses_, &places_, &unused, &threads_, &unused,
                         nullptr, 0);
}

bool race_report::may_allocate() const noexcept {
  return report_scope::covers_allocations() || &__tsan_on_thread_idle == nullptr;
}

race_access race_report::access(int i, race_calls& calls) const noexcept {
  int thread = 0;
  void* address = nullptr;
  int size = 0;
  int write = 0;
  int atomic = 0;
  calls.address.fill(nullptr);
  __tsan_get_report_mop(description_, static_cast<unsigned long>(i), &thread, &address, &size, &write, &atomic,
                        calls.address.data(), race_calls::capacity);
  return {thread, reinterpret_cast<std::uintptr_t>(address), size, write != 0, atomic != 0};
}

race_thread race_report::thread(int i, race_calls& creation) const noexcept {
  race_thread t{};
  unsigned long long os_id = 0;
  int running = 0;
  int parent = 0;
  creation.address.fill(nullptr);
  __tsan_get_report_thread(description_, static_cast<unsigned long>(i), &t.number, &os_id, &running, &t.name, &parent,
                           creation.address.data(), race_calls::capacity);
  t.os_id = os_id;
  t.running = running != 0;
  return t;
}

bool inside_race_report() noexcept { return in_report; }

race_memory race_report::place(int i, race_calls& allocation) const noexcept {
  race_memory m{};
  const char* kind = "";
  void* address = nullptr;
  unsigned long start = 0;
  unsigned long size = 0;
  int file = 0;
  int suppressable = 0;
  allocation.address.fill(nullptr);
  __tsan_get_report_loc(description_, static_cast<unsigned long>(i), &kind, &address, &start, &size, &m.thread, &file,
                        &suppressable, allocation.address.data(), race_calls::capacity);
  m.what = std::strcmp(kind, "heap") == 0 ? race_memory::kind::heap : race_memory::kind::other;
  m.start = start;
  m.size = size;
  return m;
}

void race_report::stack(int i, race_calls& calls) const noexcept {
  calls.address.fill(nullptr);
  __tsan_get_report_stack(description_, static_cast<unsigned long>(i), calls.address.data(), race_calls::capacity);
}

}  // namespace goro::platform

const char* __tsan_default_options() {
  using namespace goro::platform;
  return read_race_options(setting_in_environment(), options, options_text, sizeof(options_text)).data();
}

bool __tsan::OnReport(const ReportDesc* report, bool suppressed) {
  using namespace goro::platform;
  if (suppressed || installed.report == nullptr) {
    return suppressed;
  }
  const report_scope scope;
  installed.report(race_report(const_cast<ReportDesc*>(report)));
  return true;
}

bool __tsan::OnFinalize(bool failed) {
  using namespace goro::platform;
  return (installed.end != nullptr && installed.end()) || failed;
}

#else

namespace goro::platform {

const race_options& race_options_of_process() noexcept {
  static constexpr race_options none = [] {
    race_options options;
    options.exit_pause = 0;
    return options;
  }();
  return none;
}

}  // namespace goro::platform

#endif
