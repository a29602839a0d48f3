// Runs before ThreadSanitizer has started, let alone the C library's constructors: no allocation, no environ, nothing
// that ThreadSanitizer intercepts.
#include "platform/race_options.hpp"

#include <cstddef>

namespace goro::platform {
namespace {

class writer {
 public:
  writer(char* space, std::size_t size) noexcept : space_(space), size_(size) {}

  void put(std::string_view text) noexcept {
    for (std::size_t i = 0; i < text.size() && used_ + 1 < size_; ++i) {
      space_[used_++] = text[i];
      asm volatile("" ::: "memory");  // a loop, not a call of memcpy, which is intercepted
    }
  }
  std::string_view written() noexcept {
    space_[used_] = '\0';
    return {space_, used_};
  }

 private:
  char* space_;
  std::size_t size_;
  std::size_t used_ = 0;
};

bool is_separator(char c) noexcept { return c == ' ' || c == ',' || c == ':' || c == '\n' || c == '\t'; }

// Negative numbers and text that is none: `otherwise`.
int number_of(std::string_view text, int otherwise) noexcept {
  int n = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || n > 100'000'000) {
      return otherwise;
    }
    n = n * 10 + (c - '0');
  }
  return text.empty() ? otherwise : n;
}

bool flag_of(std::string_view text, bool otherwise) noexcept {
  if (text == "1" || text == "true" || text == "yes") {
    return true;
  }
  return text == "0" || text == "false" || text == "no" ? false : otherwise;
}

// False: ThreadSanitizer has to know it (too).
bool take_item(std::string_view name, std::string_view value, race_options& options) noexcept {
  if (name == "exitcode") {
    options.exit_status = number_of(value, options.exit_status);
    return false;
  } else if (name == "halt_on_error") {
    options.halt_on_error = flag_of(value, options.halt_on_error);
  } else if (name == "log_path") {
    options.log_path = value;
  } else if (name == "strip_path_prefix") {
    options.strip_path_prefix = value;
  } else if (name == "atexit_sleep_ms") {
    constexpr int default_ms = 1000;
    options.exit_pause = base::nanoseconds{number_of(value, default_ms)} * 1'000'000;
  } else if (name == "suppress_equal_stacks") {
    options.suppress_equal_stacks = flag_of(value, options.suppress_equal_stacks);
    return false;
  } else if (name == "suppress_equal_addresses") {
    options.suppress_equal_addresses = flag_of(value, options.suppress_equal_addresses);
    return false;
  } else {
    return false;
  }
  return true;
}

// goro symbolizes, counts and ends the process itself. The exit pause comes before goroutines stop (sched/exit.cpp).
// Go's tool reports data races and nothing else; TSAN_OPTIONS, which counts more than this, can turn the rest on.
constexpr std::string_view for_every_program =
    "symbolize=0 atexit_sleep_ms=0 report_thread_leaks=0 report_signal_unsafe=0 detect_deadlocks=0";

}  // namespace

std::string_view read_race_options(std::string_view text, race_options& options, char* space,
                                   std::size_t size) noexcept {
  writer out(space, size);
  out.put(for_every_program);
  while (!text.empty()) {
    std::size_t length = 0;
    while (length < text.size() && !is_separator(text[length])) {
      ++length;
    }
    const std::string_view item = text.substr(0, length);
    std::size_t equals = 0;
    while (equals < item.size() && item[equals] != '=') {
      ++equals;
    }
    if (equals < item.size() && !take_item(item.substr(0, equals), item.substr(equals + 1), options)) {
      out.put(" ");
      out.put(item);
    }
    text.remove_prefix(length < text.size() ? length + 1 : length);
  }
  return out.written();
}

}  // namespace goro::platform
